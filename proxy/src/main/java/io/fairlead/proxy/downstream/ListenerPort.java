package io.fairlead.proxy.downstream;

import io.fairlead.proxy.exchange.Downstream;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Stack;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.http1.Method;
import io.fairlead.proxy.http2.Http2Limits;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.proxy.loop.PortSharing;
import io.fairlead.proxy.overload.Overload;
import io.fairlead.proxy.route.TcpRouter;
import io.fairlead.proxy.tls.ServerTlsContext;
import io.fairlead.proxy.tls.TlsFailure;
import io.fairlead.traffic.HostPort;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A port and its connections. One object for as long as the address is listened on: stack and TLS
 * change under it, and each request uses what is current when it begins. Safe for all threads.
 */
public final class ListenerPort {
  private static final Logger LOG = LoggerFactory.getLogger(ListenerPort.class);

  /** Handshakes that are under way take a round trip to end. */
  private static final long QUEUE_GRACE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final String name;
  private final Loops loops;
  private final ConnectionLimits limits;
  private final Http1Limits http1Limits;
  private final Timeouts timeouts;
  private final PortCounters counters = new PortCounters();
  private final Map<ClientLink, Channel> connections = new ConcurrentHashMap<>();
  private final AtomicInteger open = new AtomicInteger();
  private final CompletableFuture<@Nullable Void> drained = new CompletableFuture<>();
  private final Overload overload;
  private final AcceptingSocket socket;
  private volatile Stack stack;
  private volatile Ways ways = new Ways(Entrance.USUAL, null);
  private volatile boolean draining;

  /** {@link ConnectionLimits} as event loops use them. */
  record Timeouts(long idleNanos, long headNanos, long lingerNanos) {}

  public ListenerPort(
      String name, Loops loops, ConnectionLimits limits, Http1Limits http1Limits, Stack stack) {
    this.name = name;
    this.loops = loops;
    this.limits = limits;
    this.http1Limits = http1Limits;
    this.stack = stack;
    overload = loops.overload();
    socket = new AcceptingSocket(name, counters);
    timeouts =
        new Timeouts(
            limits.idleTimeout().toNanos(),
            limits.headTimeout().toNanos(),
            limits.lingerTimeout().toNanos());
  }

  /**
   * Listens and waits until it does; not on an event loop.
   *
   * @param wanted port 0 picks a free one
   * @throws IOException if the address cannot be bound
   */
  public void bind(HostPort wanted, PortSharing sharing) throws IOException {
    var server =
        loops
            .server()
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel);
                  }
                });
    socket.bind(server, sharing, wanted);
    Capture capture = ways.entrance.capture();
    if (capture != null) {
      socket.prepare(capture);
    }
  }

  /** What may become of new connections. */
  record Ways(Entrance entrance, @Nullable ServerTlsContext tls) {}

  private void accept(Channel channel) {
    Loop loop = loops.of(channel.eventLoop());
    loop.prepare(channel);
    Ways present = ways;
    if (!takesOneMore()) {
      counters.reject();
      reject(loop, channel, present);
      return;
    }
    counters.accept();
    channel
        .closeFuture()
        .addListener(
            gone -> {
              open.decrementAndGet();
              overload.disconnected();
              completeIfDrained();
            });
    Capture capture = present.entrance.capture();
    Client client =
        capture == null
            ? Client.of(channel.remoteAddress(), channel.localAddress())
            : capture.client(channel, address().port());
    Ways chosen = capture == null ? present : capture.ways(present, client, channel);
    if (chosen == null) {
      counters.refuseServer();
      channel.close();
      return;
    }
    begin(channel, loop, client, chosen);
  }

  private void begin(Channel channel, Loop loop, Client client, Ways present) {
    Entrance entrance = present.entrance;
    if (entrance.readsProxyHeader() || entrance.detects(present.tls)) {
      var arrival = new Arrival(this, loop, channel, client, present);
      connections.put(arrival, channel);
      channel.pipeline().addLast(arrival);
      return;
    }
    TcpRouter tcp = entrance.tcp();
    Target rest = tcp == null || entrance.speaksHttp() ? null : tcp.rest(loop, client.ends());
    serve(channel, loop, client, present.tls, rest);
  }

  private boolean takesOneMore() {
    if (open.incrementAndGet() > limits.maxConnections()) {
      open.decrementAndGet();
      return false;
    }
    if (!overload.connect()) {
      open.decrementAndGet();
      return false;
    }
    return true;
  }

  private void completeIfDrained() {
    if (draining && socket.isClosed() && open.get() == 0) {
      drained.complete(null);
    }
  }

  /**
   * Has the connection served from its present octets on.
   *
   * @param secured how it is secured, or null for plain text
   * @param tcp where it is passed on to, or null for HTTP
   */
  void serve(
      Channel channel,
      Loop loop,
      Client client,
      @Nullable ServerTlsContext secured,
      @Nullable Target tcp) {
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, secured == null);
    var security = secured == null ? Peer.Security.PLAIN_TEXT : Peer.Security.TLS;
    Peer peer = Peer.unknown(client.address(), security).with(client.ends());
    if (tcp == null) {
      var connection = new ServerConnection(this, loop, channel, peer);
      secure(channel, client, secured, connection);
      channel.pipeline().addLast(connection);
    } else {
      var connection = new TcpConnection(this, loop, channel, peer, tcp);
      secure(channel, client, secured, connection);
      channel.pipeline().addLast(connection);
    }
  }

  private void secure(
      Channel channel, Client client, @Nullable ServerTlsContext secured, ClientLink connection) {
    connections.put(connection, channel);
    if (secured != null) {
      SslHandler handler = secured.newHandler(channel.alloc());
      channel.pipeline().addLast(handler, new Handshake(secured, handler, connection, client));
    }
  }

  private static void reject(Loop loop, Channel channel, Ways ways) {
    if (ways.tls != null || !ways.entrance.speaksHttp()) {
      channel.close();
      return;
    }
    var reply = LocalReply.of(Reason.OVERLOAD, "too many connections");
    channel
        .writeAndFlush(
            ReplyEncoder.encode(
                loop.allocator(), reply, Method.OTHER, ReplyEncoder.Connection.CLOSE))
        .addListener(ChannelFutureListener.CLOSE);
  }

  /** Tells the connection who the client is, or counts why it is nobody. */
  private final class Handshake extends ChannelInboundHandlerAdapter {
    private final ServerTlsContext secured;
    private final SslHandler handler;
    private final ClientLink connection;
    private final Client client;

    Handshake(ServerTlsContext secured, SslHandler handler, ClientLink connection, Client client) {
      this.secured = secured;
      this.handler = handler;
      this.connection = connection;
      this.client = client;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof SslHandshakeCompletionEvent handshake) {
        if (!handshake.isSuccess()) {
          fail(context, handshake.cause());
          return;
        }
        try {
          Peer peer = secured.peer(client.address(), handler);
          peer = peer.with(client.ends().named(ServerTlsContext.serverName(handler)));
          context.pipeline().remove(this);
          connection.identified(peer);
          if (connection instanceof ServerConnection http && ServerTlsContext.isHttp2(handler)) {
            http.becomeHttp2(null);
          }
        } catch (SSLPeerUnverifiedException | CertificateException e) {
          fail(context, e);
        }
      }
      context.fireUserEventTriggered(event);
    }

    /** This handler goes when the client is known; nothing of an unknown one is read. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ReferenceCountUtil.release(message);
    }

    private void fail(ChannelHandlerContext context, Throwable cause) {
      TlsFailure failure = TlsFailure.of(cause);
      counters.failHandshake(failure);
      LOG.debug(
          "listener {}: no TLS with {} ({}): {}", name, client.address(), failure.text(), cause);
      context.close();
    }

    /** What breaks the handshake is told by its end already. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }

  /** What new requests pass from now on. */
  public void stack(Stack present) {
    stack = present;
  }

  /** How new connections are told apart from now on, and secured; null for plain text. */
  public void entrance(Entrance present, @Nullable ServerTlsContext tls) {
    ways = new Ways(present, tls);
  }

  public String name() {
    return name;
  }

  /** Where it listens, with the port that was picked. */
  public HostPort address() {
    return socket.address();
  }

  public PortCounters counters() {
    return counters;
  }

  /** Connections that are open. */
  public int openConnections() {
    return open.get();
  }

  /**
   * Accepts no more connections, closes idle ones, and ends the others with their next answer,
   * which says so.
   *
   * @return done when no connection is left
   */
  public CompletableFuture<@Nullable Void> drain() {
    draining = true;
    socket.close().addListener(gone -> completeIfDrained());
    onEach((connection, channel) -> connection.drain());
    return drained;
  }

  /**
   * As {@link #drain}, but leaves the address to a successor without losing a connection: what is
   * in the kernel's queue is still accepted, and idle connections have some time for one more
   * request, with whose answer they end.
   *
   * @param grace for that
   * @return done when no connection is left
   */
  public CompletableFuture<@Nullable Void> handOver(Duration grace) {
    draining = true;
    long longest = grace.toNanos();
    socket.handOver(Math.min(longest, QUEUE_GRACE_NANOS)).addListener(gone -> completeIfDrained());
    onEach((connection, channel) -> connection.endSoon());
    EventLoop eventLoop = loops.all().getFirst().eventLoop();
    eventLoop.schedule(
        () -> onEach((connection, channel) -> connection.drain()), longest, TimeUnit.NANOSECONDS);
    return drained;
  }

  /** Closes everything, soon. */
  public void close() {
    draining = true;
    socket.close();
    onEach((connection, channel) -> channel.close());
  }

  /** Does it with each connection, on its loop. */
  private void onEach(BiConsumer<ClientLink, Channel> action) {
    connections.forEach(
        (connection, channel) ->
            channel.eventLoop().execute(() -> action.accept(connection, channel)));
  }

  /** Accepts no connections for the time being; they wait in the kernel's queue. */
  void pause() {
    socket.pause();
  }

  /** Accepts connections again. */
  void resume() {
    socket.resume();
  }

  /** How many octets each connection may have to send before nothing more is fetched for it. */
  void waterMark(WriteBufferWaterMark mark) {
    connections.values().forEach(channel -> channel.config().setWriteBufferWaterMark(mark));
  }

  /** Closes connections that have been of use and do nothing now, as many as are left to close. */
  void closeIdle(AtomicInteger left) {
    onEach(
        (connection, channel) -> {
          if (left.get() > 0 && connection.closeIdle()) {
            left.decrementAndGet();
          }
        });
  }

  /** The connections of this loop; on that loop. */
  List<Held> connectionsOf(Loop loop) {
    List<Held> own = new ArrayList<>();
    connections.forEach(
        (connection, channel) -> {
          if (channel.eventLoop() == loop.eventLoop() && channel.isOpen()) {
            own.add(new Held(connection, channel));
          }
        });
    return own;
  }

  /** Whether connections end with their next answer. */
  boolean isDraining() {
    return draining;
  }

  /** Whether not even a connection that was accepted just now is served. */
  boolean isClosed() {
    return draining && socket.isClosed();
  }

  Stack stack() {
    return stack;
  }

  ConnectionLimits limits() {
    return limits;
  }

  Http1Limits http1Limits() {
    return http1Limits;
  }

  Http2Limits http2Limits() {
    return ways.entrance().http2();
  }

  Timeouts timeouts() {
    return timeouts;
  }

  /** Serves a connection that has turned out to be HTTP/2. */
  void serve(Http2ServerConnection connection, @Nullable ByteBuf received) {
    connections.put(connection, connection.channel());
    connection.start(received);
  }

  void closed(ClientLink connection) {
    connections.remove(connection);
  }

  /** A head was refused before there was a request. */
  void refused(Reason reason) {
    counters.refuse(reason);
  }

  /** The same, and it is answered. */
  void refused(LocalReply reply, Loop loop, Downstream from, Peer peer) {
    counters.refuse(reply.reason());
    BodyReader none = new BodyReader(http1Limits);
    new Exchange(loop, from, stack, peer, none, 0, Method.OTHER).refused(reply);
  }

  void failed(Throwable cause) {
    counters.fail();
    // Resets and failed handshakes are the clients' doing, the rest would be a fault of ours.
    boolean expected = cause instanceof IOException || cause instanceof DecoderException;
    if (expected) {
      LOG.debug("listener {}: {}", name, cause.toString());
    } else {
      counters.fault();
      LOG.error("listener {}: a connection failed", name, cause);
    }
  }

  /** Ends this side's direction after everything is written; always true. */
  static boolean endOutput(Channel channel) {
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> shutdownOutput(channel));
    return true;
  }

  /** Ends without what is still to be written: the client must not take this for an end. */
  static void reset(Channel channel) {
    channel.config().setOption(ChannelOption.SO_LINGER, 0);
    channel.unsafe().close(channel.voidPromise());
  }

  /** Lets the client read the last answer before the connection goes. */
  private static void shutdownOutput(Channel channel) {
    SslHandler handler = channel.pipeline().get(SslHandler.class);
    if (!(channel instanceof DuplexChannel duplex)) {
      channel.close();
    } else if (handler == null) {
      duplex.shutdownOutput();
    } else {
      handler.closeOutbound().addListener(said -> endTls(duplex, handler));
    }
  }

  /** Whatever still comes is dropped, so it need not be decrypted. */
  private static void endTls(DuplexChannel channel, SslHandler handler) {
    if (channel.isActive() && channel.pipeline().context(handler) != null) {
      channel.pipeline().remove(handler);
    }
    channel.shutdownOutput();
  }
}
