package io.fairlead.proxy.exchange;

import io.fairlead.resilience.AdaptiveLimit;
import io.fairlead.resilience.CircuitBreaker;
import io.fairlead.resilience.Retry;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a route sends a request and the policies on the way, resolved when the configuration was
 * accepted. Immutable; the state machines in it live on across configurations.
 *
 * @param route name of the route
 * @param upstream the cluster
 * @param timeouts of the exchange
 * @param retry whether failed attempts are made again, or null
 * @param breaker guards the attempts, or null
 * @param bulkhead bounds the attempts at a time, or null
 * @param limit finds how many attempts at a time the upstream bears, or null
 * @param retryCodes statuses that are retried as broken connections are
 * @param bodyLimits bounds of a request's body, or null
 * @param affinity what ties requests to one endpoint, or null
 * @param hedging when attempts are made beside a late one, or null
 */
public record Target(
    String route,
    Upstream upstream,
    Timeouts timeouts,
    @Nullable Retry retry,
    @Nullable CircuitBreaker breaker,
    @Nullable BulkheadQueue bulkhead,
    @Nullable AdaptiveLimit limit,
    Set<Integer> retryCodes,
    @Nullable BodyLimits bodyLimits,
    @Nullable AffinityKey affinity,
    @Nullable Hedging hedging) {

  /**
   * Attempts beside one that is late.
   *
   * @param delayNanos so long after an attempt the next one begins
   * @param most beside the first
   */
  public record Hedging(long delayNanos, int most) {}

  /** A target of requests that the proxy makes itself: sent once, within this time. */
  public static Target unguarded(String route, Upstream upstream, Duration longest) {
    long nanos = longest.toNanos();
    Timeouts timeouts = new Timeouts(nanos, nanos, 0, 0);
    return new Target(
        route, upstream, timeouts, null, null, null, null, Set.of(), null, null, null);
  }

  /**
   * Bounds of a request's body.
   *
   * @param maxBytes of the whole
   * @param windowNanos over which the pace is measured; 0 means that any will do
   * @param windowBytes that must come in a window
   */
  public record BodyLimits(long maxBytes, long windowNanos, long windowBytes) {}

  /**
   * Timeouts of an exchange.
   *
   * @param requestNanos from the head of the request to the end of the answer; 0 means none
   * @param idleNanos without an octet in either direction; 0 means none
   * @param tryNanos from the start of an attempt to the head of its answer; 0 means none
   * @param firstByteNanos from the end of the request to the head of the answer; 0 means none
   */
  public record Timeouts(long requestNanos, long idleNanos, long tryNanos, long firstByteNanos) {
    /** When the first of them is over, if the exchange began and had its last octet then. */
    long dueNanos(long startNanos, long activeNanos) {
      long deadline = requestNanos == 0 ? Long.MAX_VALUE : startNanos + requestNanos;
      return Math.min(deadline, idleDueNanos(activeNanos));
    }

    /** When a silence that began then is over. */
    long idleDueNanos(long activeNanos) {
      return idleNanos == 0 ? Long.MAX_VALUE : activeNanos + idleNanos;
    }
  }
}
