package io.fairlead.proxy.upstream;

import static io.fairlead.proxy.upstream.EndpointFaults.brief;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.Failure;
import io.fairlead.proxy.exchange.UpstreamStream;
import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Framing;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.ResponseParser;
import io.fairlead.proxy.loop.Input;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.tls.TlsFailure;
import io.fairlead.traffic.Cluster.Protocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.1 connection to an endpoint: sends the request of the attempt that has leased it,
 * reads the answer, and goes back to its pool if both are whole and the endpoint keeps the
 * connection. Belongs to its loop.
 *
 * <p>A connection that had been idle may have been closed by the endpoint just when it was leased.
 * If nothing of an answer came and the request may be repeated, the attempt gets a new connection,
 * once, since a new one cannot be stale.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter implements UpstreamStream {
  /** More 1xx answers than this to one request are a fault. */
  private static final int MAX_INFORMATIONAL = 16;

  /** How long the last octets of a tunnel may take. */
  static final long LAST_OCTETS_NANOS = TimeUnit.SECONDS.toNanos(10);

  private enum State {
    CONNECTING,
    IDLE,
    /** A request was sent; no octet of its answer was used yet. */
    WAITING,
    /** The body of the answer is being read. */
    ANSWERING,
    /** Octets go both ways until both sides have ended. */
    TUNNEL,
    CLOSED
  }

  private final Loop loop;
  private final EndpointPool pool;
  private final Input input = new Input();
  private final BodyReader body;
  private State state = State.CONNECTING;
  private @Nullable Channel channel;
  private @Nullable Attempt attempt;
  private boolean awaitsHandshake;
  private boolean reused;
  private boolean persistent;
  private boolean anyOctet;
  private boolean cutShort;
  private boolean ended;
  private boolean paused;
  private int informational;
  private int requests;
  private final long bornNanos;
  private long idleSince;

  ClientConnection(Loop loop, EndpointPool pool, @Nullable Attempt first) {
    this.loop = loop;
    this.pool = pool;
    body = new BodyReader(pool.http1Limits());
    bornNanos = loop.nanos();
    attempt = first;
  }

  /** The connection can be used when its TLS handshake is done. */
  void expectHandshake() {
    awaitsHandshake = true;
  }

  long bornNanos() {
    return bornNanos;
  }

  long idleSince() {
    return idleSince;
  }

  void idleSince(long nanos) {
    idleSince = nanos;
  }

  private Channel channel() {
    Channel present = channel;
    if (present == null) {
      throw new IllegalStateException("the connection to " + pool.id() + " is not open");
    }
    return present;
  }

  // Connecting

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    channel = context.channel();
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    if (!awaitsHandshake) {
      ready();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof SslHandshakeCompletionEvent handshake && state == State.CONNECTING) {
      if (handshake.isSuccess()) {
        ready();
      } else {
        Throwable cause = handshake.cause();
        connectFailed(
            Failure.TLS,
            "no TLS with " + pool.id() + " (" + TlsFailure.of(cause).text() + "): " + brief(cause));
      }
    } else if (event instanceof SslCloseCompletionEvent end) {
      cutShort = !end.isSuccess();
      ended = end.isSuccess();
      context.close();
    } else if (event instanceof ChannelInputShutdownEvent && state == State.TUNNEL) {
      tunnelEnded(context);
    }
  }

  private void ready() {
    if (pool.protocol() == Protocol.HTTP_2 && (attempt == null || !attempt.isRaw())) {
      Attempt first = attempt;
      attempt = null;
      state = State.CLOSED;
      channel().pipeline().remove(this);
      pool.multiplex(channel(), first);
      return;
    }
    pool.apart();
    pool.connected();
    Attempt first = attempt;
    attempt = null;
    state = State.IDLE;
    if (first == null || first.isOver()) {
      pool.release(this);
    } else {
      begin(first);
    }
  }

  void connectFailed(Throwable cause) {
    connectFailed(Failure.CONNECT, "no connection to " + pool.id() + ": " + brief(cause));
  }

  private void connectFailed(Failure why, String detail) {
    if (state != State.CONNECTING) {
      return;
    }
    state = State.CLOSED;
    if (channel != null) {
      channel.close();
    }
    pool.connectFailed();
    Attempt first = attempt;
    attempt = null;
    if (first != null) {
      first.failed(why, detail);
    }
  }

  // The request

  /** Serves the attempt on a connection that was idle. */
  void lease(Attempt next) {
    reused = true;
    begin(next);
  }

  private void begin(Attempt next) {
    attempt = next;
    state = State.WAITING;
    anyOctet = false;
    informational = 0;
    requests++;
    next.connected(this);
  }

  @Override
  public void send(ByteBuf octets) {
    Channel present = channel();
    present.write(octets, present.voidPromise());
    loop.flushLater(present);
  }

  @Override
  public boolean isWritable() {
    return channel().isWritable();
  }

  @Override
  public long heldBytes() {
    ChannelOutboundBuffer pending = channel().unsafe().outboundBuffer();
    return pending == null ? 0 : pending.totalPendingWriteBytes();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (attempt != null && context.channel().isWritable()) {
      attempt.writable();
    }
  }

  // The answer

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf octets = (ByteBuf) message;
    if (attempt == null) {
      // An answer that nobody asked for would be taken for the next request's.
      octets.release();
      pool.misbehaved(Failure.PROTOCOL, EndpointFaults.UNASKED);
      close();
      return;
    }
    anyOctet = true;
    input.append(loop.allocator(), octets);
    read();
  }

  private void read() {
    while (attempt != null && !input.isEmpty()) {
      Attempt present = attempt;
      boolean more =
          switch (state) {
            case WAITING -> readHead(present);
            case TUNNEL -> readTunnel(present);
            case CONNECTING, IDLE, ANSWERING, CLOSED -> readBody(present);
          };
      if (!more) {
        return;
      }
    }
  }

  private boolean readHead(Attempt present) {
    ByteBuf octets = input.octets();
    int length = loop.responses().parse(octets);
    if (length == ResponseParser.FAULTY) {
      return fail(Failure.PROTOCOL, loop.responses().fault().text());
    }
    Head head = loop.responses().head();
    boolean incomplete = length == ResponseParser.INCOMPLETE;
    if (!pool.allowsHead(incomplete ? octets.readableBytes() : length, head.fields())) {
      return fail(Failure.PROTOCOL, "the head is larger than the limit");
    } else if (incomplete) {
      return false;
    }
    if (head.status() == 101 && present.awaitsSwitch() && head.wantsWebSocket()) {
      tunnel();
      present.switched(head, input, length);
      return true;
    }
    if (head.status() < 200) {
      if (head.status() == 101 || ++informational > MAX_INFORMATIONAL) {
        return fail(Failure.PROTOCOL, "unexpected status " + head.status());
      }
      present.informational(head, input, length);
      return true;
    }
    persistent = head.isPersistent();
    Framing framing = Framing.ofResponse(head, present.method());
    if (present.exchange().isCall()) {
      body.keepTrailers();
    }
    body.start(framing, head.contentLength());
    int follow = body.readBehind(octets, length);
    if (follow < 0) {
      return fail(Failure.PROTOCOL, body.fault().text());
    }
    state = State.ANSWERING;
    boolean whole = present.isRequestComplete();
    if (present.answer(head, input, length, follow, body)) {
      endIfComplete(present);
      return true;
    }
    input.skip(length + follow);
    attempt = null;
    // What follows half a request would be the rest of it; another attempt may have sent that now.
    persistent &= whole;
    settle();
    return false;
  }

  private boolean readBody(Attempt present) {
    int count = body.read(input.octets());
    if (count < 0) {
      return fail(Failure.PROTOCOL, body.fault().text());
    }
    if (count > 0) {
      present.answerBody(input, count);
    }
    endIfComplete(present);
    return count > 0;
  }

  private void endIfComplete(Attempt present) {
    if (body.isComplete() && attempt == present) {
      attempt = null;
      present.trailers(body.trailers());
      persistent &= present.isRequestComplete();
      settle();
      present.answered();
    }
  }

  private boolean readTunnel(Attempt present) {
    present.answerBody(input, input.length());
    return true;
  }

  @Override
  public void tunnel() {
    state = State.TUNNEL;
    // The end of one direction is not that of the other; TLS has no such thing in practice.
    channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, !awaitsHandshake);
  }

  private void tunnelEnded(ChannelHandlerContext context) {
    Attempt present = attempt;
    ended = !cutShort;
    if (cutShort) {
      fail(Failure.RESET, "broke the connection");
      context.close();
    } else if (present != null) {
      present.upstreamEnded();
    }
  }

  @Override
  public void endOutput() {
    Channel present = channel();
    present
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            done -> {
              SslHandler handler = present.pipeline().get(SslHandler.class);
              if (handler != null) {
                handler.closeOutbound();
              } else if (present instanceof DuplexChannel duplex) {
                duplex.shutdownOutput();
              }
            });
  }

  /** Goes back to the pool, or closes where the next answer could not be told from this one. */
  private void settle() {
    boolean whole = body.isComplete() && input.isEmpty() && body.framing() != Framing.UNTIL_CLOSE;
    if (persistent && whole && state != State.CLOSED && !pool.isSpent(bornNanos, requests)) {
      resume();
      state = State.IDLE;
      pool.release(this);
    } else {
      if (body.isComplete() && !input.isEmpty()) {
        pool.misbehaved(Failure.PROTOCOL, EndpointFaults.UNASKED);
      }
      close();
    }
  }

  private boolean fail(Failure why, String detail) {
    Attempt failed = attempt;
    attempt = null;
    close();
    pool.misbehaved(why, detail);
    if (failed != null) {
      failed.failed(why, pool.id() + ": " + detail);
    }
    return false;
  }

  @Override
  public void pause() {
    if (!paused && state != State.CLOSED) {
      paused = true;
      channel().config().setAutoRead(false);
    }
  }

  @Override
  public void resume() {
    // Where nothing more can come, epoll does not know the socket any more.
    if (paused && !ended) {
      paused = false;
      channel().config().setAutoRead(true);
    }
  }

  // The end

  @Override
  public void cancel() {
    attempt = null;
    close();
  }

  @Override
  public void endTunnel() {
    attempt = null;
    if (state != State.CLOSED) {
      state = State.CLOSED;
      input.clear();
      pool.closed(this);
      Channel present = channel();
      present.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      loop.schedule(present::close, LAST_OCTETS_NANOS);
    }
  }

  void close() {
    if (state == State.CLOSED) {
      return;
    }
    boolean connecting = state == State.CONNECTING;
    state = State.CLOSED;
    input.clear();
    if (connecting) {
      pool.connectFailed();
    } else {
      pool.closed(this);
    }
    if (channel != null) {
      channel.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    Attempt present = attempt;
    State before = state;
    if (before == State.CONNECTING) {
      connectFailed(new java.nio.channels.ClosedChannelException());
      return;
    }
    attempt = null;
    close();
    input.clear();
    if (present == null || present.isOver()) {
      return;
    }
    if (!cutShort) {
      body.closed();
    }
    if (before == State.ANSWERING && body.isComplete() || before == State.TUNNEL && ended) {
      present.answered();
    } else if (before == State.WAITING && reused && !anyOctet && present.isRepeatable()) {
      pool.reopen(present);
    } else {
      present.failed(Failure.RESET, pool.id() + " closed the connection");
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (state == State.CONNECTING) {
      connectFailed(cause);
    } else if (cause instanceof java.io.IOException && state == State.TUNNEL && ended) {
      // What the client still sends finds nobody.
      context.close();
    } else if (cause instanceof java.io.IOException) {
      // A broken tunnel shows an end all the same.
      cutShort = state == State.TUNNEL;
      // A write may have failed while an answer waits to be read: what is read decides.
      context.read();
    } else if (awaitsHandshake && !anyOctet && TlsFailure.of(cause) == TlsFailure.REFUSED) {
      // With TLS 1.3 this side is done before the endpoint has looked at its certificate.
      fail(Failure.TLS, "refused: " + brief(cause));
      context.close();
    } else {
      fail(Failure.PROTOCOL, brief(cause));
      context.close();
    }
  }
}
