package io.fairlead.traces;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServerPort;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.grpc.GrpcService;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The trace backend: OTLP receivers on their own ports before a store, and the query API to be
 * mounted on any server. Both ports take both forms, so that a client that mixes them up is served.
 * Started and closed by one thread; everything else is safe for many.
 */
public final class TraceBackend implements AutoCloseable {
  /** How long an unread body may go on arriving after its answer. */
  private static final Duration UNREAD_BODY = Duration.ofSeconds(5);

  private static final long DRAIN_QUIET_MILLIS = 100;
  private static final long DRAIN_MILLIS = 2_000;
  private static final long GRPC_FRAME_BYTES = 5;

  private final TraceBackendSettings settings;
  private final SpanStore store;
  private final SpanReceiver receiver;
  private final TraceQueryHttp queries;
  private @Nullable Server server;

  /**
   * Does not listen yet.
   *
   * @param store belongs to this backend from now on and is closed with it
   * @param clock what {@code last=10m} counts from
   */
  public TraceBackend(TraceBackendSettings settings, SpanStore store, InstantSource clock) {
    this.settings = settings;
    this.store = store;
    this.receiver = new SpanReceiver(store);
    this.queries = new TraceQueryHttp(store, clock, this::prometheus);
  }

  /**
   * Listens on the two ports.
   *
   * @throws IOException if a port is taken
   */
  public void start() throws IOException {
    var builder =
        Server.builder()
            .http(new InetSocketAddress(settings.host(), settings.grpcPort()))
            .http(new InetSocketAddress(settings.host(), settings.httpPort()))
            .gracefulShutdownTimeoutMillis(DRAIN_QUIET_MILLIS, DRAIN_MILLIS);
    mountReceivers(builder);
    var built = builder.build();
    try {
      built.start().join();
    } catch (CompletionException e) {
      var cause = e.getCause() == null ? e : e.getCause();
      throw new IOException("cannot listen for spans: " + cause.getMessage(), cause);
    }
    server = built;
  }

  /** Adds the OTLP receivers to a server that is being built, beside or instead of their ports. */
  public void mountReceivers(ServerBuilder builder) {
    // A stream reset behind an early refusal would make exporters lose the refusal.
    builder.requestAutoAbortDelay(UNREAD_BODY);
    builder.service("/v1/traces", new OtlpHttp(settings, receiver));
    var grpc =
        GrpcService.builder()
            .addService(new OtlpGrpc(receiver))
            .maxRequestMessageLength(settings.maxMessageBytes())
            .useBlockingTaskExecutor(true)
            .build();
    builder.service(grpc, service -> service.decorate(this::limited));
  }

  /** The server's own bound may be lower than that of one message and its frame. */
  private HttpResponse limited(HttpService service, ServiceRequestContext ctx, HttpRequest request)
      throws Exception {
    ctx.setMaxRequestLength(settings.maxMessageBytes() + GRPC_FRAME_BYTES);
    return service.serve(ctx, request);
  }

  /** The query API. */
  public TraceQueryHttp queries() {
    return queries;
  }

  /** The ports in use, for gRPC first; empty before the start. */
  public List<Integer> ports() {
    var running = server;
    return running == null
        ? List.of()
        : running.activePorts().values().stream()
            .map(ServerPort::localAddress)
            .map(InetSocketAddress::getPort)
            .sorted(Comparator.comparing(port -> port != settings.grpcPort()))
            .toList();
  }

  /** Metrics in the text format of Prometheus. */
  public String prometheus() {
    return TraceMetrics.text(receiver, store.stats());
  }

  @Override
  public void close() {
    var running = server;
    if (running != null) {
      running.stop().join();
      server = null;
    }
    store.close();
  }
}
