package io.fairlead.config;

import java.time.Duration;
import java.util.Optional;

/**
 * How callers treat the endpoints of a service, in Istio's terms. Immutable.
 *
 * @param loadBalancer how an endpoint is picked; empty leaves the choice
 */
public record TrafficPolicy(Optional<LoadBalancer> loadBalancer) {

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
