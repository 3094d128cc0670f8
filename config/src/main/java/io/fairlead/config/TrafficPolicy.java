package io.fairlead.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * How callers treat the endpoints of a service, in Istio's terms. Immutable.
 *
 * @param loadBalancer how an endpoint is picked; empty leaves the choice
 * @param warmup how an endpoint that becomes usable gets its share; empty gives it at once
 * @param outlierDetection when failures get an endpoint ejected; empty never does
 * @param connectionPool bounds; empty has none
 * @param localities what the place of callers means; empty nothing
 */
public record TrafficPolicy(
    Optional<LoadBalancer> loadBalancer,
    Optional<Warmup> warmup,
    Optional<OutlierDetection> outlierDetection,
    Optional<ConnectionPool> connectionPool,
    Optional<Localities> localities) {

  /** What the place of callers means for the endpoints they take. Immutable. */
  public sealed interface Localities {
    /** Not Istio's but Envoy's: callers stay in their zone as far as that is fair. */
    record ZoneAware(int minClusterSize) implements Localities {}

    /** The nearest first; by region, where it fails over to. */
    record Failover(SortedMap<String, String> regions) implements Localities {}

    /** Fixed shares. */
    record Distribute(List<Shares> shares) implements Localities {}

    /** Percent by place, for callers at {@code from}. */
    record Shares(String from, SortedMap<String, Integer> to) {}
  }

  /** Bounds of what one proxy has going on with the service; what is empty has none. Immutable. */
  public record ConnectionPool(
      Optional<Integer> maxConnections,
      Optional<Integer> maxPendingRequests,
      Optional<Integer> maxRequests,
      Optional<Integer> maxRequestsPerConnection,
      Optional<Duration> maxConnectionDuration,
      Optional<Preconnect> preconnect,
      Http http) {}

  /** Bounds of HTTP on connections to endpoints; what is empty has none. Immutable. */
  public record Http(
      Optional<Integer> maxConcurrentStreams,
      Optional<Integer> maxResponseHeadKib,
      Optional<Integer> maxResponseHeaders) {}

  /** Connections for each request under way, to an endpoint and to all. Immutable. */
  public record Preconnect(double perUpstreamRatio, double predictiveRatio) {}

  /**
   * How an endpoint that becomes usable gets its share. Immutable.
   *
   * @param duration until it has all of it
   * @param minimumPercent of its share at first
   * @param aggression 1 grows evenly, more grows faster at first
   */
  public record Warmup(Duration duration, double minimumPercent, double aggression) {}

  /**
   * When failures get an endpoint ejected. Immutable; what is empty has its default.
   *
   * @param consecutive5xxErrors 0 never
   * @param consecutiveGatewayErrors 0 never
   * @param minHealthPercent below which all endpoints are used
   */
  public record OutlierDetection(
      Optional<Integer> consecutive5xxErrors,
      Optional<Integer> consecutiveGatewayErrors,
      Optional<Duration> interval,
      Optional<Duration> baseEjectionTime,
      Optional<Integer> maxEjectionPercent,
      Optional<Integer> minHealthPercent) {}

  /** How an endpoint is picked. Immutable. */
  public sealed interface LoadBalancer {
    /** Without regard to what a request holds. */
    enum Simple implements LoadBalancer {
      LEAST_REQUEST,
      ROUND_ROBIN,
      RANDOM,
      /** Not Istio's: by latency and requests under way. */
      PEAK_EWMA
    }

    /** Requests that are equal in the key reach the same endpoint. */
    record ConsistentHash(HashKey key, HashAlgorithm algorithm) implements LoadBalancer {}
  }

  /** What of a request is hashed. Immutable. */
  public sealed interface HashKey {
    /** The value of a header. */
    record HttpHeader(String name) implements HashKey {}

    /** The value of a cookie, which is made where it is missing if there is a {@code ttl}. */
    record HttpCookie(String name, String path, Optional<Duration> ttl) implements HashKey {}

    /** The client's address. */
    record SourceIp() implements HashKey {}

    /** The value of a query parameter. */
    record HttpQueryParameter(String name) implements HashKey {}
  }

  /** How a hash leads to an endpoint. Immutable. */
  public sealed interface HashAlgorithm {
    /** On a ring of at least so many points. */
    record RingHash(int minimumRingSize) implements HashAlgorithm {}

    /** In a table of so many places, a prime. */
    record Maglev(int tableSize) implements HashAlgorithm {}
  }
}
