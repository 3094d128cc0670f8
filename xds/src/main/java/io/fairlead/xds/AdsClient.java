package io.fairlead.xds;

import com.google.protobuf.ByteString;
import io.fairlead.traffic.Snapshot;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2WindowUpdateFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.Future;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Follows the control plane over one delta ADS stream and hands complete snapshots to a listener.
 * Its state is confined to one event loop; {@link #start} and {@link #close} may be called from
 * anywhere.
 *
 * <p>The stream is gRPC (length-prefixed messages, PROTOCOL-HTTP2) on Netty's HTTP/2 codec. When it
 * is lost the last snapshot stays in force, and a new stream begins with the versions held, so that
 * nothing unchanged is sent again.
 *
 * @see <a href="https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol">xDS protocol</a>
 */
public final class AdsClient implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(AdsClient.class.getName());
  private static final String METHOD =
      "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";
  private static final int WINDOW = 1 << 20;

  private final AdsSettings settings;
  private final Bootstrap bootstrap;
  private final EventLoop loop;
  private final Supplier<Optional<SslContext>> tls;
  private final SnapshotListener listener;
  private final ResourceCache cache;
  private final ByteString node;
  private @Nullable Channel connection;
  private @Nullable Channel stream;
  private final Set<String> refusedTypes = new HashSet<>();
  private String streamFailure = "";
  private int failures;
  private volatile boolean closed;

  /**
   * A client that has not started.
   *
   * @param bootstrap with the kind of channel; its group is replaced by {@code loop}
   * @param loop runs everything, the listener included
   * @param tls gives the TLS of the next connection; empty connects in plain text
   * @param ownSecrets names of secrets that are never asked for
   */
  public AdsClient(
      AdsSettings settings,
      Bootstrap bootstrap,
      EventLoop loop,
      Supplier<Optional<SslContext>> tls,
      Set<String> ownSecrets,
      SnapshotListener listener) {
    this.settings = settings;
    this.bootstrap = bootstrap.clone(loop);
    this.loop = loop;
    this.tls = tls;
    this.listener = listener;
    this.cache = new ResourceCache(ownSecrets);
    this.node = DeltaMessages.node(settings);
  }

  /** Begins to connect, and never gives up until it is closed. */
  public void start() {
    loop.execute(this::connect);
  }

  /** Has the listener told of what it may keep; before the start. */
  public void keep() {
    cache.keepBytes();
  }

  /**
   * Puts a configuration that was kept in force, unless the control plane has begun to send its
   * own. The next stream begins with the versions in it, so that only changes are sent.
   *
   * @return once that is done: empty, or why it could not be used
   */
  public CompletableFuture<Optional<String>> restore(KeptConfiguration kept) {
    return CompletableFuture.supplyAsync(() -> restoreNow(kept), loop);
  }

  private Optional<String> restoreNow(KeptConfiguration kept) {
    if (stream != null && !cache.isEmpty()) {
      return Optional.of("the control plane is sending its own");
    }
    cache.forget();
    try {
      cache.restore(kept);
    } catch (DecodeException unknown) {
      return Optional.of(String.valueOf(unknown.getMessage()));
    }
    var refusal = restored();
    if (refusal.isPresent()) {
      cache.forget();
    } else if (stream != null) {
      // It began without the versions held now, and would never say what is gone since then.
      streamFailed("beginning again with what was kept");
    }
    return refusal;
  }

  /** All of it; or without the listeners whose keys could not be kept or read. */
  private Optional<String> restored() {
    var missing = cache.missing();
    if (missing.isEmpty()) {
      return cache.isComplete()
          ? listener.apply(cache.snapshot())
          : Optional.of("it has no clusters or no listeners");
    }
    var without = cache.listenersWithout(missing);
    without.values().forEach(missing::removeAll);
    if (!missing.isEmpty()) {
      return Optional.of("it needs what was not kept: " + missing);
    }
    without.forEach(
        (name, secrets) ->
            LOG.log(
                System.Logger.Level.WARNING,
                "{0} is not served until the control plane answers: there is no secret {1}",
                name,
                secrets));
    var whole = cache.snapshot();
    return listener.apply(
        new Snapshot(
            whole.listeners().stream().filter(one -> !without.containsKey(one.name())).toList(),
            whole.routeTables(),
            whole.clusters(),
            whole.endpoints(),
            whole.secrets()));
  }

  private void connect() {
    if (closed) {
      return;
    }
    Optional<SslContext> secure;
    try {
      secure = tls.get();
    } catch (RuntimeException unusable) {
      lost("TLS cannot be set up: " + unusable.getMessage());
      return;
    }
    var control = settings.control();
    bootstrap
        .clone()
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                secure.ifPresent(
                    context ->
                        channel
                            .pipeline()
                            .addLast(
                                context.newHandler(
                                    channel.alloc(), control.host(), control.port())));
                channel
                    .pipeline()
                    .addLast(
                        Http2FrameCodecBuilder.forClient()
                            .initialSettings(
                                new Http2Settings().initialWindowSize(WINDOW).pushEnabled(false))
                            .build())
                    .addLast(new PingHandler())
                    .addLast(new Http2MultiplexHandler(new RefusedStreams()));
              }
            })
        .connect(control.host(), control.port())
        .addListener(
            (io.netty.channel.ChannelFuture connected) -> {
              if (connected.isSuccess()) {
                connected(connected.channel());
              } else {
                lost("cannot connect to " + control + ": " + connected.cause().getMessage());
              }
            });
  }

  private void connected(Channel channel) {
    connection = channel;
    streamFailure = "connection closed";
    channel.closeFuture().addListener(closing -> lost(streamFailure));
    // That of the connection is no setting (RFC 9113 section 6.9.2): else a table of thousands of
    // routes comes in pieces of 64 KiB, each of which is waited for.
    channel.write(new DefaultHttp2WindowUpdateFrame(WINDOW));
    new Http2StreamChannelBootstrap(channel)
        .handler(new GrpcStream(this, settings.maxMessageBytes()))
        .open()
        .addListener(
            (Future<Http2StreamChannel> opened) -> {
              if (opened.isSuccess()) {
                opened(opened.getNow());
              } else {
                channel.close();
              }
            });
  }

  private void opened(Channel opened) {
    stream = opened;
    var headers =
        new DefaultHttp2Headers()
            .method("POST")
            .scheme(tls.get().isPresent() ? "https" : "http")
            .authority(settings.control().toString())
            .path(METHOD)
            .add("te", "trailers")
            .add("content-type", "application/grpc")
            .add("user-agent", "fairlead");
    opened.write(new DefaultHttp2HeadersFrame(headers));
    for (var type : ResourceCache.TYPES) {
      if (type.equals(TypeUrls.CLUSTER) || type.equals(TypeUrls.LISTENER)) {
        var everything = new ResourceCache.Change(List.of(), List.of());
        send(DeltaMessages.subscription(node, type, everything, cache.versions(type)));
      } else {
        subscribe(type);
      }
    }
    listener.connection(new SnapshotListener.Connection.Connected());
  }

  /** Takes one message of the stream. */
  void receive(ByteString message) {
    var response = DeltaMessages.response(message);
    failures = 0;
    try {
      cache.apply(response.type(), response.updates(), response.removed());
    } catch (DecodeException broken) {
      LOG.log(System.Logger.Level.WARNING, "refused {0}: {1}", response.type(), broken);
      send(DeltaMessages.refusal(response, String.valueOf(broken.getMessage())));
      return;
    }
    subscribe(TypeUrls.ENDPOINT);
    subscribe(TypeUrls.SECRET);
    subscribe(TypeUrls.ROUTE);
    var refusal = cache.isComplete() ? listener.apply(cache.snapshot()) : Optional.<String>empty();
    if (refusal.isPresent()) {
      refusedTypes.add(response.type());
      send(DeltaMessages.refusal(response, refusal.get()));
      return;
    }
    send(DeltaMessages.acknowledgement(response));
    if (cache.isComplete()) {
      listener.accepted(() -> cache.kept(settings.audience()));
      refusedTypes.remove(response.type());
      refusedTypes.forEach(this::askAgain);
      refusedTypes.clear();
    }
  }

  /** What was refused before came into force with a later change; only an answer can say so. */
  private void askAgain(String type) {
    var again = new ResourceCache.Change(cache.subscribed(type), List.of());
    send(DeltaMessages.subscription(node, type, again, Map.of()));
  }

  private void subscribe(String type) {
    boolean first = cache.hasNoSubscription(type);
    var held = first ? cache.versions(type) : Map.<String, String>of();
    var change = cache.subscribe(type);
    if (!change.isEmpty()) {
      send(DeltaMessages.subscription(node, type, change, held));
    }
  }

  private void send(ByteString message) {
    var open = stream;
    if (open == null) {
      return;
    }
    var frame = Unpooled.buffer(5 + message.size());
    frame.writeByte(0).writeInt(message.size());
    frame.writeBytes(message.asReadOnlyByteBuffer());
    open.writeAndFlush(new DefaultHttp2DataFrame(frame));
  }

  /** Ends the connection because of the stream; a new one follows. */
  void streamFailed(String reason) {
    streamFailure = reason;
    var open = connection;
    if (open != null) {
      open.close();
    }
  }

  private void lost(String reason) {
    connection = null;
    stream = null;
    cache.streamEnded();
    refusedTypes.clear();
    if (closed) {
      return;
    }
    failures++;
    if (failures == 1) {
      LOG.log(System.Logger.Level.WARNING, "control plane lost: {0}", reason);
    }
    listener.connection(new SnapshotListener.Connection.Lost(reason));
    long first = settings.firstRetry().toMillis();
    long wait = Math.min(settings.lastRetry().toMillis(), first << Math.min(failures - 1, 20));
    long jittered = wait / 2 + ThreadLocalRandom.current().nextLong(wait / 2 + 1);
    loop.schedule(this::connect, jittered, TimeUnit.MILLISECONDS);
  }

  /** Ends the stream; the listener is not called again. */
  @Override
  public void close() {
    closed = true;
    loop.execute(
        () -> {
          var open = connection;
          if (open != null) {
            open.close();
          }
        });
  }
}
