package io.fairlead.proxy;

import io.fairlead.proxy.admin.AdminServer;
import io.fairlead.proxy.downstream.ListenerPort;
import io.fairlead.proxy.downstream.Relief;
import io.fairlead.proxy.filter.Admission;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.proxy.loop.PortSharing;
import io.fairlead.proxy.loop.SideLoop;
import io.fairlead.proxy.policy.PolicyRegistry;
import io.fairlead.proxy.tls.TlsContexts;
import io.fairlead.proxy.trace.SpanExporter;
import io.fairlead.proxy.upstream.HostLookup;
import io.fairlead.proxy.upstream.UpstreamCluster;
import io.fairlead.resilience.PolicyEvents;
import io.fairlead.resilience.Ticker;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The data plane: serves the listeners of the snapshot that was applied last, as a sidecar or as a
 * gateway. Safe for all threads; none of its methods may be called on its event loops.
 */
public final class DataPlane implements AutoCloseable {
  /** How long the last spans may take once the requests are done. */
  private static final Duration LAST_SPANS = Duration.ofSeconds(1);

  private final Loops loops;
  private final PortSharing sharing;
  private final TlsContexts contexts;
  private final SideLoop side = new SideLoop();
  private final Observation observation;
  private final LiveConfiguration configuration;
  private final AdminServer admin;
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.STARTING);

  private enum Phase {
    STARTING,
    SERVING,
    DRAINING,
    CLOSED
  }

  /**
   * A data plane on the clock of this process; serves nothing but the admin port before a snapshot
   * is applied.
   *
   * @throws UncheckedIOException if the admin port cannot be bound
   */
  public DataPlane(DataPlaneSettings settings) {
    this(settings, Ticker.system(), PolicyEvents.none());
  }

  /**
   * @param ticker the clock of timeouts and policies
   * @param events is told of every circuit breaker's transitions
   * @throws UncheckedIOException if the admin port cannot be bound
   */
  public DataPlane(DataPlaneSettings settings, Ticker ticker, PolicyEvents events) {
    this(
        settings,
        ticker,
        events,
        new TlsContexts(settings.connections().handshakeTimeout()),
        HostLookup.SYSTEM);
  }

  /**
   * A data plane on the clock of this process.
   *
   * @param levels of this process's loggers, which the admin port changes
   * @throws UncheckedIOException if the admin port cannot be bound
   */
  public DataPlane(DataPlaneSettings settings, LogLevels levels) {
    this(
        settings,
        Ticker.system(),
        PolicyEvents.none(),
        new TlsContexts(settings.connections().handshakeTimeout()),
        HostLookup.SYSTEM,
        levels);
  }

  DataPlane(
      DataPlaneSettings settings,
      Ticker ticker,
      PolicyEvents events,
      TlsContexts contexts,
      HostLookup lookup) {
    this(settings, ticker, events, contexts, lookup, LoggingPage.FIXED);
  }

  private DataPlane(
      DataPlaneSettings settings,
      Ticker ticker,
      PolicyEvents events,
      TlsContexts contexts,
      HostLookup lookup,
      LogLevels levels) {
    this.contexts = contexts;
    sharing = settings.sharing();
    loops = new Loops(settings.eventLoops(), ticker, settings.http1(), settings.overload());
    observation = new Observation(settings, ticker, side);
    PolicyRegistry policies = new PolicyRegistry(ticker, events);
    configuration =
        new LiveConfiguration(
            settings,
            loops,
            policies,
            new Admission(settings.maxRequests(), settings.eventLoops(), loops.overload()),
            observation,
            contexts,
            lookup);
    AdminPages pages =
        new AdminPages(
            settings,
            configuration,
            policies,
            observation,
            levels,
            () -> phase.get() == Phase.SERVING,
            loops.overload(),
            () -> beginDrain(settings.listenerDrain()));
    try {
      admin = new AdminServer(side, settings.admin(), settings.sharing(), pages.byPath());
    } catch (IOException e) {
      side.close();
      loops.close();
      contexts.close();
      throw new UncheckedIOException(e.getMessage(), e);
    }
    new Relief(loops, side.eventLoop(), configuration::ports).start();
  }

  /** Where the admin port listens, with the port that was picked. */
  public HostPort adminAddress() {
    return admin.address();
  }

  /** Puts a snapshot in force, whole or not at all. */
  public synchronized ApplyResult apply(Snapshot snapshot) {
    ApplyResult result = configuration.apply(snapshot);
    if (result instanceof ApplyResult.Applied) {
      phase.compareAndSet(Phase.STARTING, Phase.SERVING);
    }
    return result;
  }

  /** The snapshot in force. */
  public Snapshot snapshot() {
    return configuration.snapshot();
  }

  /** Attempts that wait for a place in any bulkhead. */
  int waitingForBulkheads() {
    return configuration.waitingForBulkheads();
  }

  /** The ports that are open. */
  List<ListenerPort> ports() {
    return configuration.ports();
  }

  /**
   * Accepts no more connections and lets those that are open finish what they do. Where addresses
   * are shared, a successor takes them over: connections in the kernel's queue are still accepted,
   * and for half of the time an idle connection may make one more request.
   *
   * @param longest how long to wait for that
   * @return whether no connection is left
   */
  public boolean drain(Duration longest) throws InterruptedException {
    boolean drained = await(beginDrain(longest), longest);
    flushSpans();
    return drained;
  }

  /** Stops taking connections; done when none is left. */
  private CompletableFuture<?> beginDrain(Duration longest) {
    phase.updateAndGet(present -> present == Phase.CLOSED ? present : Phase.DRAINING);
    Duration grace = longest.dividedBy(2);
    return CompletableFuture.allOf(
        configuration.ports().stream()
            .map(
                port ->
                    switch (sharing) {
                      case EXCLUSIVE -> port.drain();
                      case SHARED -> port.handOver(grace);
                    })
            .toArray(CompletableFuture[]::new));
  }

  private void flushSpans() throws InterruptedException {
    Optional<SpanExporter> exporter = observation.exporter();
    if (exporter.isPresent()) {
      await(exporter.get().flush(), LAST_SPANS);
    }
  }

  private static boolean await(CompletableFuture<?> future, Duration longest)
      throws InterruptedException {
    try {
      future.get(longest.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("draining cannot fail", e);
    }
  }

  /** Closes every connection at once and stops the event loops. */
  @Override
  public synchronized void close() {
    if (phase.getAndSet(Phase.CLOSED) == Phase.CLOSED) {
      return;
    }
    configuration.ports().forEach(ListenerPort::close);
    configuration.clusters().values().forEach(UpstreamCluster::retire);
    loops.close();
    try {
      flushSpans();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    observation.exporter().ifPresent(SpanExporter::close);
    observation.files().close();
    admin.close();
    side.close();
    contexts.close();
  }
}
