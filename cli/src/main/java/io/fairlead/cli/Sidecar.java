package io.fairlead.cli;

import io.fairlead.discovery.HealthStatus;
import io.fairlead.discovery.Instance;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.RegistrationRequest;
import io.fairlead.discovery.RegistryClient;
import io.fairlead.discovery.RegistryClientSettings;
import io.fairlead.proxy.DataPlane;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.xds.CertificateClient;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The proxy beside one instance of a service, and the instance's registrar. Started and closed by
 * one thread.
 *
 * <p>In this order: join the mesh, get a configuration, start the application, and register it once
 * it is ready. To stop: leave the registry, let requests finish, stop the application.
 */
final class Sidecar implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sidecar.class);

  /** Short, so that an instance that died with its host is soon out of the catalog. */
  private static final Duration LEASE = Duration.ofSeconds(10);

  /** Callers hear of the end within this time, and send nothing more then. */
  private static final Duration SETTLE = Duration.ofMillis(300);

  private final SidecarSettings settings;
  private final DataPlane dataPlane;
  private final Optional<StateKeeper> keeper;
  private final DataPlaneFeed feed;
  private final MeshIdentity identity;
  private final RegistryClient registry;
  private final HealthProbe probe;
  private final CompletableFuture<Integer> applicationExit = new CompletableFuture<>();
  private @Nullable MeshConnection connection;
  private @Nullable Application application;
  private @Nullable Registration registration;

  private Sidecar(SidecarSettings settings) {
    this.settings = settings;
    var workload = settings.workload();
    // Makes its key while the data plane starts.
    var certificates =
        new CertificateClient(settings.mesh().control(), "default", workload.service());
    dataPlane = DataPlanes.start(DataPlanes.settings(settings));
    keeper = settings.start().state().map(StateKeeper::new);
    feed = new DataPlaneFeed(snapshot -> DataPlanes.apply(dataPlane, snapshot), keeper);
    identity =
        new MeshIdentity(certificates, settings.mesh(), Clock.systemUTC(), feed::certificate);
    registry = new RegistryClient(RegistryClientSettings.of(settings.mesh().registry()));
    probe = new HealthProbe(settings.health(), workload.port(), this::readiness);
  }

  /**
   * Starts everything and returns when the application runs.
   *
   * @throws IOException if the application cannot be started
   */
  static Sidecar start(SidecarSettings settings) throws IOException, InterruptedException {
    var sidecar = new Sidecar(settings);
    try {
      sidecar.open();
      return sidecar;
    } catch (IOException | InterruptedException | RuntimeException failed) {
      sidecar.close();
      throw failed;
    }
  }

  private void open() throws IOException, InterruptedException {
    connection = settings.start().open(MeshConnection.node(settings), identity, feed);
    if (!settings.command().isEmpty()) {
      var started = Application.start(settings.command(), Application.environment(settings));
      application = started;
      started.exit().thenAccept(this::applicationEnded);
    }
    probe.start();
  }

  private void applicationEnded(int code) {
    LOG.info("the application ended with exit code {}", code);
    deregister();
    applicationExit.complete(code);
  }

  private synchronized void readiness(HealthProbe.Readiness readiness) {
    var current = registration;
    switch (readiness) {
      case READY -> {
        LOG.info("{} is ready", settings.workload().instance());
        if (current == null) {
          registration =
              registry.register(new RegistrationRequest(instance(HealthStatus.UP), LEASE));
        } else {
          current.update(instance(HealthStatus.UP));
        }
      }
      case NOT_READY -> {
        LOG.warn("{} is not ready and gets no requests", settings.workload().instance());
        if (current != null) {
          current.update(instance(HealthStatus.DOWN));
        }
      }
    }
  }

  private Instance instance(HealthStatus status) {
    var workload = settings.workload();
    var registered = settings.ports().registered();
    return new Instance(
        workload.service(),
        workload.instance(),
        registered.host(),
        registered.port(),
        workload.version(),
        Map.of(),
        metadata(),
        status);
  }

  private Map<String, String> metadata() {
    var metadata = new HashMap<String, String>();
    metadata.put(MeshSettings.MTLS, "true");
    metadata.put(MeshSettings.PROTOCOL, settings.workload().protocol().toString());
    var locality = settings.proxy().locality();
    if (!locality.isNone()) {
      metadata.put(MeshSettings.LOCALITY, locality.toString());
    }
    return metadata;
  }

  private synchronized void deregister() {
    var current = registration;
    registration = null;
    if (current != null) {
      current.close();
    }
  }

  /** Completes with the application's exit code when it ends by itself. */
  CompletableFuture<Integer> applicationExit() {
    return applicationExit;
  }

  @Override
  public void close() {
    probe.close();
    deregister();
    try {
      Thread.sleep(SETTLE);
      if (!dataPlane.drain(settings.proxy().drain())) {
        LOG.warn("requests were still under way after {} and are cut", settings.proxy().drain());
      }
      var running = application;
      if (running != null && running.isAlive()) {
        running.stop(settings.proxy().drain());
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    Optional.ofNullable(connection).ifPresent(MeshConnection::close);
    identity.close();
    keeper.ifPresent(StateKeeper::close);
    registry.close();
    dataPlane.close();
  }
}
