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
 * @param http bounds of HTTP on its connections
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
    Optional<Preconnect> preconnect,
    Http http) {

  /**
   * Bounds of HTTP on connections to endpoints. What is empty has no bound of its own. Immutable.
   *
   * @param maxConcurrentStreams under way on a connection of HTTP/2, 1 to 1,000,000, as far as the
   *     endpoint allows so many; the next goes to another connection
   * @param maxResponseHeadKib KiB of an answer's head in any version, 1 to 8,192, within the bound
   *     that a data plane has for itself; a larger one counts as none, with 502
   * @param maxResponseHeaders fields of an answer's head, 1 to 10,000, likewise
   */
  public record Http(
      Optional<Integer> maxConcurrentStreams,
      Optional<Integer> maxResponseHeadKib,
      Optional<Integer> maxResponseHeaders) {
    /** No bounds. */
    public static final Http NONE = new Http(Optional.empty(), Optional.empty(), Optional.empty());

    public Http {
      within("maxConcurrentStreams", maxConcurrentStreams, 1_000_000);
      within("maxResponseHeadKib", maxResponseHeadKib, 8_192);
      within("maxResponseHeaders", maxResponseHeaders, 10_000);
    }

    private static void within(String field, Optional<Integer> value, int most) {
      if (value.isPresent() && (value.get() < 1 || value.get() > most)) {
        throw new IllegalArgumentException(
            field + ": must be 1 to " + most + ", was " + value.get());
      }
    }
  }

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
        Optional.empty(),
        Http.NONE);
  }

  /** These with these bounds of HTTP. */
  public UpstreamLimits withHttp(Http other) {
    return new UpstreamLimits(
        maxConnections,
        maxPendingRequests,
        maxRequests,
        maxRequestsPerConnection,
        maxConnectionDuration,
        preconnect,
        other);
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
