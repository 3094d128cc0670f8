package io.fairlead.proxy.upstream;

import io.fairlead.traffic.UpstreamLimits;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The {@link UpstreamLimits} of a cluster as they are compared; what is not bounded has the largest
 * number. Immutable.
 */
record Bounds(
    int connections,
    int waiting,
    int attempts,
    int requestsPerConnection,
    long connectionNanos,
    int streams,
    int headBytes,
    int fields) {
  private static final int MANY = Integer.MAX_VALUE;
  private static final Bounds NONE =
      new Bounds(MANY, MANY, MANY, MANY, Long.MAX_VALUE, MANY, MANY, MANY);

  static Bounds of(@Nullable UpstreamLimits limits) {
    return limits == null
        ? NONE
        : new Bounds(
            limits.maxConnections().orElse(MANY),
            limits.maxPendingRequests().orElse(MANY),
            limits.maxRequests().orElse(MANY),
            limits.maxRequestsPerConnection().orElse(MANY),
            limits.maxConnectionDuration().map(Duration::toNanos).orElse(Long.MAX_VALUE),
            limits.http().maxConcurrentStreams().orElse(MANY),
            limits.http().maxResponseHeadKib().map(kib -> kib << 10).orElse(MANY),
            limits.http().maxResponseHeaders().orElse(MANY));
  }

  /** Whether an answer may have a head of so many octets and fields. */
  boolean allowHead(int octets, int count) {
    return octets <= headBytes && count <= fields;
  }

  /** Whether attempts under way have to be counted. */
  boolean countsAttempts() {
    return attempts < MANY;
  }

  /** Whether connections end before their time: the clock need not be read otherwise. */
  boolean spendsConnections() {
    return requestsPerConnection < MANY || connectionNanos < Long.MAX_VALUE;
  }

  /** Whether a connection of that age, with so many requests, gets no more of them. */
  boolean spend(long ageNanos, int requests) {
    return requests >= requestsPerConnection || ageNanos >= connectionNanos;
  }
}
