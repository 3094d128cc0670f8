package io.fairlead.proxy.upstream;

import io.fairlead.traffic.UpstreamLimits;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The {@link UpstreamLimits} of a cluster as they are compared; what is not bounded has the largest
 * number. Immutable.
 */
record Bounds(
    int connections, int waiting, int attempts, int requestsPerConnection, long connectionNanos) {
  static final Bounds NONE = of(null);

  static Bounds of(@Nullable UpstreamLimits limits) {
    int none = Integer.MAX_VALUE;
    return limits == null
        ? new Bounds(none, none, none, none, Long.MAX_VALUE)
        : new Bounds(
            limits.maxConnections().orElse(none),
            limits.maxPendingRequests().orElse(none),
            limits.maxRequests().orElse(none),
            limits.maxRequestsPerConnection().orElse(none),
            limits.maxConnectionDuration().map(Duration::toNanos).orElse(Long.MAX_VALUE));
  }

  /** Whether a connection of that age, with so many requests, gets no more of them. */
  boolean spend(long ageNanos, int requests) {
    return requests >= requestsPerConnection || ageNanos >= connectionNanos;
  }
}
