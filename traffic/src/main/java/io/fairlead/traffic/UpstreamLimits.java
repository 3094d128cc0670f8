package io.fairlead.traffic;

import java.time.Duration;
import java.util.Optional;

/**
 * Bounds of what one proxy has going on with one cluster, over all its loops, and what it has
 * ready. What is empty has no bound of its own. Immutable.
 *
 * @param maxConnections open at a time, from 1; each loop may have one to each endpoint in any
 *     case, so that nobody waits for a connection that never comes
 * @param maxPendingRequests that wait for a connection; the next gets 503
 * @param maxRequests attempts under way at a time, waiting ones included, from 1; the next gets 503
 * @param maxRequestsPerConnection from 1; then another connection takes its place
 * @param maxConnectionDuration after which a connection gets no more requests, 1 ms to 365 days
 * @param preconnect how many connections are made ahead; empty makes none
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/circuit_breaker.proto">
 *     envoy.config.cluster.v3.CircuitBreakers.Thresholds</a>
 */
public record UpstreamLimits(
    Optional<Integer> maxConnections,
    Optional<Integer> maxPendingRequests,
    Optional<Integer> maxRequests,
    Optional<Integer> maxRequestsPerConnection,
    Optional<Duration> maxConnectionDuration,
    Optional<Preconnect> preconnect) {

  /** Bounds alone: every connection is made when it is needed. */
  public UpstreamLimits(
      Optional<Integer> maxConnections,
      Optional<Integer> maxPendingRequests,
      Optional<Integer> maxRequests,
      Optional<Integer> maxRequestsPerConnection,
      Optional<Duration> maxConnectionDuration) {
    this(
        maxConnections,
        maxPendingRequests,
        maxRequests,
        maxRequestsPerConnection,
        maxConnectionDuration,
        Optional.empty());
  }

  public UpstreamLimits {
    atLeast("maxConnections", maxConnections, 1);
    atLeast("maxPendingRequests", maxPendingRequests, 0);
    atLeast("maxRequests", maxRequests, 1);
    atLeast("maxRequestsPerConnection", maxRequestsPerConnection, 1);
    maxConnectionDuration.ifPresent(
        value -> {
          boolean brief = value.compareTo(Duration.ofMillis(1)) < 0;
          if (brief || value.compareTo(Duration.ofDays(365)) > 0) {
            throw new IllegalArgumentException(
                "maxConnectionDuration: must be 1 ms to 365 days, was " + value);
          }
        });
  }

  private static void atLeast(String field, Optional<Integer> value, int least) {
    if (value.isPresent() && value.get() < least) {
      throw new IllegalArgumentException(
          field + ": must be at least " + least + ", was " + value.get());
    }
  }
}
