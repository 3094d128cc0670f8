package io.fairlead.control;

import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.grpc.GrpcService;
import io.fairlead.discovery.CatalogChange;
import io.fairlead.discovery.CatalogEvent;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.discovery.CatalogSource;
import io.fairlead.discovery.CatalogWatch;
import io.fairlead.discovery.WatchRequest;
import io.fairlead.traffic.Mesh;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Node;
import io.fairlead.traffic.Secret;
import io.grpc.ServerInterceptors;
import java.io.IOException;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Configuration and catalog in, xDS and certificates out. Safe for use by many threads.
 *
 * <p>One thread translates: whatever changed while it worked is translated together in its next
 * round, so a burst of changes costs a few rounds and not one each.
 */
public final class ControlPlane implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlPlane.class);

  private final ControlSettings settings;
  private final CatalogSource source;
  private final ConfigStore config;
  private final CertificateAuthority authority;
  private final IssuedCertificates issued;
  private final JoinToken token;
  private final @Nullable ConfigDirectory directory;
  private final CounterStore counters;
  private final RateLimitMetrics decisions = new RateLimitMetrics();
  private final RateLimitService rateLimits;
  private volatile RateLimits limits;
  private final AdsService plainAds;
  private final AdsService secureAds;
  private final List<Secret> secrets;
  private final ScheduledExecutorService translator =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().name("translate").factory());
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final Set<String> changedServices = new HashSet<>();
  private CatalogSnapshot catalog;
  private boolean configChanged;
  private volatile EncodedMesh mesh;
  private final CatalogWatch watch;

  private ControlPlane(ControlSettings settings, CatalogSource source, Clock clock)
      throws IOException {
    this.settings = settings;
    this.source = source;
    this.catalog = source.snapshot();
    var data = settings.data();
    this.config = ConfigStore.open(data.resolve("config.db"), this::serviceNames);
    this.authority =
        CertificateAuthority.open(
            new CertificateAuthority.Settings(
                data.resolve("ca"), settings.mesh(), settings.certificateLifetime()),
            clock);
    this.issued = new IssuedCertificates(authority, clock);
    this.token = JoinToken.open(data.resolve("join-token"));
    this.secrets =
        List.of(
            new Secret.Validation(
                MeshSettings.MESH_ROOTS, authority.rootsPem(), settings.mesh().trustDomain()));
    this.mesh = EncodedMesh.first(Mesh.of(config.manifests(), catalog, settings.mesh()), secrets);
    this.plainAds = new AdsService(() -> mesh, context -> new AdsStream.Admission.Open(), clock);
    this.secureAds = new AdsService(() -> mesh, this::admission, clock);
    this.limits = RateLimits.of(config.manifests(), decisions);
    this.counters =
        settings
            .counters()
            .<CounterStore>map(place -> new RedisCounters(RedisSettings.of(place)))
            .orElseGet(() -> new MemoryCounters(clock, MemoryCounters.MOST));
    this.rateLimits = new RateLimitService(() -> limits, counters, clock, decisions);
    config.onChange(this::configChanged);
    this.directory =
        settings.directory().isPresent()
            ? ConfigDirectory.open(settings.directory().get(), config)
            : null;
    this.watch = source.watch(WatchRequest.everything().after(catalog), this::catalogChanged);
    long period = Math.clamp(settings.certificateLifetime().toMillis() / 8, 100, 60_000);
    translator.scheduleWithFixedDelay(this::renew, period, period, TimeUnit.MILLISECONDS);
  }

  /** Brings new certificates to proxies that take theirs from us. */
  private void renew() {
    try {
      if (issued.forgetDue()) {
        secureAds.push(mesh);
      }
    } catch (RuntimeException broken) {
      // An exception that leaves a periodic task would end it.
      LOG.error("certificates of proxies were not renewed, it is tried again", broken);
      schedule();
    }
  }

  /**
   * Recovers the configuration and begins to follow the catalog.
   *
   * @throws IOException if the state cannot be opened
   */
  public static ControlPlane start(ControlSettings settings, CatalogSource source, Clock clock)
      throws IOException {
    return new ControlPlane(settings, source, clock);
  }

  /**
   * Adds ADS and rate limits without authentication: for loopback, where xDS clients have no
   * certificates yet.
   */
  public void addPlainXds(ServerBuilder server) {
    server.service(GrpcService.builder().addService(plainAds).addService(rateLimits).build());
  }

  /** Adds ADS and rate limits for clients with a certificate, and the signing of certificates. */
  public void addSecureXds(ServerBuilder server) {
    server.service(
        GrpcService.builder()
            .addService(secureAds)
            .addService(ServerInterceptors.intercept(rateLimits, new MeshPeersOnly()))
            .build());
    new CertificateApi(authority, token, settings.mesh()).addTo(server);
  }

  /** Adds the administration of configuration and the view of the connected proxies. */
  public void addApi(ServerBuilder server) {
    new ConfigApi(config, this::directoryFaults).addTo(server);
    new ProxyApi(List.of(plainAds, secureAds)).addTo(server);
  }

  /** What the control plane counts, in the text format of Prometheus (version 0.0.4). */
  public String prometheus() {
    return decisions.prometheus();
  }

  /** A certificate for a listening port of the control plane itself. */
  public Secret.Certificate serverCertificate(List<String> hosts) {
    return authority.server("control", hosts);
  }

  /** The root certificate of the mesh, PEM. */
  public String rootsPem() {
    return authority.rootsPem();
  }

  /** The configuration in force. */
  public ConfigStore config() {
    return config;
  }

  private List<io.fairlead.config.Fault> directoryFaults() {
    return directory == null ? List.of() : directory.faults();
  }

  private Set<String> serviceNames() {
    return source.snapshot().services().keySet();
  }

  /** A client may be only the node whose identity its certificate carries. */
  private AdsStream.Admission admission(ServiceRequestContext context) {
    var peer = PeerIdentity.of(context);
    return new AdsStream.Admission() {
      @Override
      public void check(Node node) {
        requireIdentity(node, peer);
      }

      @Override
      public Optional<Encoded> workload(Node node) {
        return issued.of(node);
      }
    };
  }

  private void requireIdentity(Node node, Optional<String> peer) {
    if (peer.isEmpty()) {
      throw new IllegalArgumentException("a client certificate of the mesh is required");
    }
    var expected =
        switch (node) {
          case Node.Sidecar sidecar ->
              settings.mesh().identity(sidecar.namespace(), sidecar.service());
          case Node.Gateway gateway -> settings.mesh().identity("default", gateway.gateway());
          // Whoever it is, it gets what everybody in the mesh may have, and no keys.
          case Node.Client client -> peer.get();
        };
    if (!peer.get().equals(expected)) {
      throw new IllegalArgumentException(
          "node " + node.id() + " must have the identity " + expected + ", has " + peer.get());
    }
  }

  private void configChanged() {
    limits = RateLimits.of(config.manifests(), decisions);
    synchronized (this) {
      configChanged = true;
    }
    schedule();
  }

  private void catalogChanged(CatalogEvent event) {
    synchronized (this) {
      switch (event) {
        case CatalogEvent.Resync(var snapshot) -> {
          changedServices.addAll(catalog.services().keySet());
          changedServices.addAll(snapshot.services().keySet());
        }
        case CatalogChange change -> changedServices.add(change.service());
      }
      catalog = catalog.apply(event);
    }
    schedule();
  }

  private void schedule() {
    if (scheduled.compareAndSet(false, true)) {
      translator.execute(this::translate);
    }
  }

  private void translate() {
    scheduled.set(false);
    CatalogSnapshot now;
    Set<String> changed;
    boolean everything;
    synchronized (this) {
      now = catalog;
      changed = Set.copyOf(changedServices);
      changedServices.clear();
      everything = configChanged;
      configChanged = false;
    }
    try {
      var before = mesh;
      var next =
          everything
              ? before.mesh().with(config.manifests(), now)
              : before.mesh().with(now, changed);
      mesh = before.next(next, secrets);
      plainAds.push(mesh);
      secureAds.push(mesh);
      if (!now.services().keySet().equals(before.mesh().catalog().services().keySet())
          && directory != null) {
        directory.retryRefused();
      }
    } catch (RuntimeException broken) {
      // The last good mesh stays in force; a later change tries again from everything.
      LOG.error("translation failed, the last state stays in force", broken);
      synchronized (this) {
        configChanged = true;
      }
    }
  }

  /** Ends the watch and closes the state; open streams end with their server. */
  @Override
  public void close() throws IOException {
    watch.close();
    if (directory != null) {
      directory.close();
    }
    translator.shutdownNow();
    counters.close();
    config.close();
  }
}
