package io.fairlead.cli;

import io.fairlead.xds.AdsSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a proxy of the mesh comes to certificate and configuration: from the control plane, or from
 * disk if that does not answer in time. Used by one thread.
 *
 * <p>Without a limit it waits for as long as it takes: hosts start in any order, and whoever
 * supervises the process knows better than it when to give up.
 *
 * @param state what was kept, or empty
 * @param fallback how long the control plane may take before what was kept is used; zero uses it at
 *     once, and the control plane is asked afterwards
 * @param limit for everything, or empty for none
 */
record MeshStart(Optional<StateFolder> state, Duration fallback, Optional<Duration> limit) {
  private static final Logger LOG = LoggerFactory.getLogger(MeshStart.class);
  private static final Duration FOREVER = Duration.ofDays(10_000);

  /** Waits for as long as it takes, and keeps nothing. */
  static MeshStart patient() {
    return new MeshStart(Optional.empty(), Duration.ofSeconds(5), Optional.empty());
  }

  /**
   * Starts both and waits until a configuration is in force.
   *
   * @throws CommandException if that takes longer than the limit
   */
  MeshConnection open(AdsSettings node, MeshIdentity identity, DataPlaneFeed feed)
      throws InterruptedException {
    long start = System.nanoTime();
    if (state.isPresent() && fallback.isZero()) {
      restore(state.get(), identity);
    }
    identity.start();
    if (state.isPresent()
        && !fallback.isZero()
        && !identity.awaitFirst(shorter(fallback, left(start)))) {
      restore(state.get(), identity);
    }
    if (!identity.awaitFirst(left(start))) {
      throw tooLate("certificate", node);
    }
    var connection = MeshConnection.open(node, identity, feed);
    try {
      if (state.isPresent() && !feed.awaitConfigured(shorter(fallback, left(start)))) {
        restore(state.get(), node, connection);
      }
      if (!feed.awaitConfigured(left(start))) {
        throw tooLate("configuration", node);
      }
      return connection;
    } catch (InterruptedException | RuntimeException failed) {
      connection.close();
      throw failed;
    }
  }

  private Duration left(long startNanos) {
    return limit.isEmpty() ? FOREVER : limit.get().minusNanos(System.nanoTime() - startNanos);
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private static CommandException tooLate(String what, AdsSettings node) {
    return new CommandException(
        "--start-timeout: no " + what + " came from the control plane at " + node.control());
  }

  private void restore(StateFolder folder, MeshIdentity identity) {
    var kept = folder.identity();
    if (kept.isEmpty()) {
      LOG.warn("{}, and there is no certificate on disk that could be used", without());
      return;
    }
    var end = kept.get().notAfter();
    if (end.isAfter(Instant.now())) {
      LOG.info("{}: the certificate that was kept is used, which ends at {}", without(), end);
    } else {
      LOG.warn(
          "{}: the certificate that was kept is used, although it ended at {}: peers in the mesh"
              + " refuse it, what needs no such peer is served",
          without(),
          end);
    }
    identity.restore(kept.get());
  }

  private void restore(StateFolder folder, AdsSettings node, MeshConnection connection) {
    var kept = folder.configuration(node.audience());
    if (kept.isEmpty()) {
      LOG.warn("{}, and no configuration was kept: waiting for it", without());
      return;
    }
    connection
        .restore(kept.get())
        .ifPresentOrElse(
            why -> LOG.warn("the configuration that was kept cannot be used: {}", why),
            () ->
                LOG.info(
                    "{}: the configuration that was kept is in force until it does", without()));
  }

  private String without() {
    return fallback.isZero()
        ? "the control plane has not answered yet"
        : "the control plane does not answer";
  }
}
