package io.fairlead.cli;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import io.fairlead.control.ControlPlane;
import io.fairlead.control.ControlSettings;
import io.fairlead.control.SecureServer;
import io.fairlead.registry.DataDirectory;
import io.fairlead.registry.Registry;
import io.fairlead.registry.RegistrySettings;
import io.fairlead.registry.SqliteCatalogStore;
import io.fairlead.registry.SqliteSettings;
import io.fairlead.registry.StoreException;
import io.fairlead.traces.InMemorySpanStore;
import io.fairlead.traces.MemoryStoreSettings;
import io.fairlead.traces.TraceBackend;
import io.fairlead.traces.TraceBackendSettings;
import io.fairlead.traffic.MeshSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registry, control plane and trace backend in one process, over one data folder. Started and
 * closed by one thread.
 */
final class UpServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(UpServer.class);
  private static final long DRAIN_QUIET_MILLIS = 100;
  private static final long DRAIN_MILLIS = 5_000;

  /** A listening port and what it exposes. */
  record Port(int number, String protocol, String exposes, String access) {}

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final List<Port> ports = new ArrayList<>();
  private final List<Server> servers = new ArrayList<>();
  private @Nullable TraceBackend traces;

  private UpServer() {}

  /**
   * Recovers the state and listens.
   *
   * @throws IOException if the state is in use or broken, or a port is taken; nothing runs then
   */
  static UpServer start(UpSettings settings) throws IOException {
    var server = new UpServer();
    try {
      server.open(settings);
      return server;
    } catch (IOException | RuntimeException failed) {
      server.close();
      throw failed;
    }
  }

  private void open(UpSettings settings) throws IOException {
    var data = keep(DataDirectory.open(settings.data(), "fairlead up"));
    var registry = keep(registry(data));
    var mesh = new MeshSettings(settings.trustDomain(), settings.samplePercent());
    var controlSettings =
        new ControlSettings(
            data.path(),
            settings.config(),
            mesh,
            settings.certificateLifetime(),
            settings.counters());
    var control = keep(ControlPlane.start(controlSettings, registry, Clock.systemUTC()));
    var all = settings.ports();
    var backend =
        new TraceBackend(
            TraceBackendSettings.defaults()
                .withPorts(settings.address(), all.otlpGrpc(), all.otlpHttp()),
            new InMemorySpanStore(MemoryStoreSettings.defaults()),
            InstantSource.system());
    traces = backend;
    var api = plain(settings, all.http());
    registry.http().mountOn(api);
    control.addApi(api);
    backend.queries().mountOn(api);
    api.service(
        "/metrics",
        (context, request) ->
            HttpResponse.of(
                HttpStatus.OK,
                MediaType.PLAIN_TEXT_UTF_8,
                registry.prometheus() + control.prometheus() + backend.prometheus()));
    listen(api, "http", "registry, configuration, traces and metrics", "no authentication");
    var xds = plain(settings, all.xds());
    control.addPlainXds(xds);
    listen(xds, "grpc", "xDS and rate limits in plain text", "no authentication");
    var hosts = List.of("localhost", "127.0.0.1", settings.address());
    var secure =
        SecureServer.builder(control, hosts.stream().distinct().toList())
            .gracefulShutdownTimeoutMillis(DRAIN_QUIET_MILLIS, DRAIN_MILLIS)
            .https(new InetSocketAddress(settings.address(), all.secureXds()));
    listen(secure, "https", "xDS, rate limits and certificates", "join token or mesh certificate");
    backend.start();
    ports.add(new Port(backend.ports().get(0), "grpc", "spans, OTLP", "no authentication"));
    ports.add(new Port(backend.ports().get(1), "http", "spans, OTLP", "no authentication"));
  }

  private static Registry registry(DataDirectory data) throws IOException {
    try {
      var store = SqliteCatalogStore.open(SqliteSettings.of(data.file("catalog.db")));
      return new Registry(RegistrySettings.defaults(), store, System::nanoTime);
    } catch (StoreException broken) {
      throw new IOException("cannot open the catalog: " + broken.getMessage(), broken);
    }
  }

  private static ServerBuilder plain(UpSettings settings, int port) {
    return Server.builder()
        .http(new InetSocketAddress(settings.address(), port))
        .requestTimeoutMillis(0)
        .gracefulShutdownTimeoutMillis(DRAIN_QUIET_MILLIS, DRAIN_MILLIS);
  }

  private void listen(ServerBuilder builder, String protocol, String exposes, String access)
      throws IOException {
    var server = builder.build();
    try {
      server.start().join();
    } catch (CompletionException failed) {
      var cause = failed.getCause() == null ? failed : failed.getCause();
      throw new IOException("cannot listen: " + cause.getMessage(), cause);
    }
    servers.add(server);
    // Not activeLocalPort, which knows only ports that are open on loopback too.
    var port = server.activePorts().keySet().iterator().next().getPort();
    ports.add(new Port(port, protocol, exposes, access));
  }

  private <T extends AutoCloseable> T keep(T part) {
    parts.push(part);
    return part;
  }

  /** The listening ports, in the order in which they were opened. */
  List<Port> ports() {
    return List.copyOf(ports);
  }

  /** Stops listening first and closes the state last; what fails is logged, the rest is closed. */
  @Override
  public void close() {
    // Each server takes two seconds to stop, so all stop at once.
    var stopping = servers.stream().map(Server::stop).toArray(CompletableFuture[]::new);
    servers.clear();
    var backend = traces;
    if (backend != null) {
      backend.close();
    }
    try {
      CompletableFuture.allOf(stopping).join();
    } catch (CompletionException failed) {
      LOG.error("stopping a server failed", failed);
    }
    while (!parts.isEmpty()) {
      var part = parts.pop();
      try {
        part.close();
      } catch (Exception failed) {
        LOG.error("closing {} failed", part, failed);
      }
    }
  }
}
