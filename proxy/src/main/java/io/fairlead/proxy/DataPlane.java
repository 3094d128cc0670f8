package io.fairlead.proxy;

import io.fairlead.proxy.downstream.ListenerPort;
import io.fairlead.proxy.filter.Admission;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.proxy.policy.PolicyRegistry;
import io.fairlead.proxy.tls.TlsContexts;
import io.fairlead.proxy.upstream.UpstreamCluster;
import io.fairlead.resilience.CircuitListener;
import io.fairlead.resilience.Ticker;
import io.fairlead.traffic.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The data plane: serves the listeners of the snapshot that was applied last, as a sidecar or as a
 * gateway. Safe for all threads; none of its methods may be called on its event loops.
 */
public final class DataPlane implements AutoCloseable {
  private final Loops loops;
  private final TlsContexts contexts;
  private final LiveConfiguration configuration;

  /** A data plane on the clock of this process; serves nothing before a snapshot is applied. */
  public DataPlane(DataPlaneSettings settings) {
    this(settings, Ticker.system(), CircuitListener.none());
  }

  /**
   * @param ticker the clock of timeouts and policies
   * @param circuits hears of every circuit breaker's transitions, on any thread
   */
  public DataPlane(DataPlaneSettings settings, Ticker ticker, CircuitListener circuits) {
    this(settings, ticker, circuits, new TlsContexts(settings.connections().handshakeTimeout()));
  }

  DataPlane(
      DataPlaneSettings settings, Ticker ticker, CircuitListener circuits, TlsContexts contexts) {
    this.contexts = contexts;
    loops = new Loops(settings.eventLoops(), ticker, settings.http1());
    configuration =
        new LiveConfiguration(
            settings,
            loops,
            new PolicyRegistry(ticker, circuits),
            new Admission(settings.maxRequests(), settings.eventLoops()),
            contexts);
  }

  /** Puts a snapshot in force, whole or not at all. */
  public synchronized ApplyResult apply(Snapshot snapshot) {
    return configuration.apply(snapshot);
  }

  /** The snapshot in force. */
  public Snapshot snapshot() {
    return configuration.snapshot();
  }

  /** The ports that are open. */
  List<ListenerPort> ports() {
    return configuration.ports();
  }

  /**
   * Accepts no more connections and lets those that are open finish what they do.
   *
   * @param longest how long to wait for that
   * @return whether no connection is left
   */
  public boolean drain(Duration longest) throws InterruptedException {
    CompletableFuture<?> all =
        CompletableFuture.allOf(
            configuration.ports().stream()
                .map(ListenerPort::drain)
                .toArray(CompletableFuture[]::new));
    try {
      all.get(longest.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException("draining cannot fail", e);
    }
  }

  /** Closes every connection at once and stops the event loops. */
  @Override
  public synchronized void close() {
    configuration.ports().forEach(ListenerPort::close);
    configuration.clusters().values().forEach(UpstreamCluster::retire);
    loops.close();
    contexts.close();
  }
}
