package io.fairlead.traffic;

import java.time.Duration;
import java.util.List;

/**
 * Limits of a route that a service counts for all proxies together, as Envoy's rate limit filter
 * asks it ({@code envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit}). Immutable.
 *
 * @param cluster of the service
 * @param domain under which the service keeps its limits
 * @param timeout for the answer; above 0
 * @param descriptors what is counted; each for itself, at least one
 */
public record GlobalRateLimit(
    String cluster,
    String domain,
    Duration timeout,
    FailureMode failureMode,
    List<Descriptor> descriptors) {
  /** What becomes of requests while the service gives no answer. */
  public enum FailureMode {
    ALLOW,
    REFUSE
  }

  /**
   * A combination of entries that is counted. A request that lacks one of them is not counted so.
   *
   * @param entries at least one
   * @param hits that a request counts as, 1 to 1,000,000
   */
  public record Descriptor(List<Entry> entries, int hits) {
    public Descriptor {
      entries = List.copyOf(entries);
      if (entries.isEmpty()) {
        throw new IllegalArgumentException("entries: must not be empty");
      }
      if (hits < 1 || hits > 1_000_000) {
        throw new IllegalArgumentException("hits: must be 1 to 1000000, was " + hits);
      }
    }
  }

  /** What an entry is made of. Immutable. */
  public sealed interface Entry {
    /** The service that the proxy stands beside: {@code source_cluster}. */
    record SourceCluster() implements Entry {}

    /** The route's first cluster: {@code destination_cluster}. */
    record DestinationCluster() implements Entry {}

    /** The client's address: {@code remote_address}. */
    record RemoteAddress() implements Entry {}

    /** The path without its query: {@code path}. */
    record Path() implements Entry {}

    /**
     * A header, of which the first line counts.
     *
     * @param name in lower case
     * @param key of the entry
     */
    record RequestHeader(String name, String key, Absence absence) implements Entry {
      /** What becomes of requests without the header. */
      public enum Absence {
        /** The descriptor is left out. */
        DESCRIPTOR_LEFT_OUT,
        /** Only the entry is left out. */
        ENTRY_LEFT_OUT
      }

      public RequestHeader {
        Resource.requireName(name);
        Resource.requireName(key);
      }
    }

    /** Always the same. */
    record GenericKey(String key, String value) implements Entry {
      public GenericKey {
        Resource.requireName(key);
        Resource.requireName(value);
      }
    }

    /** Always the same, for requests whose headers match all conditions. */
    record HeaderValueMatch(String key, String value, List<Route.ValueMatch> headers)
        implements Entry {
      public HeaderValueMatch {
        headers = List.copyOf(headers);
        Resource.requireName(key);
        Resource.requireName(value);
      }
    }
  }

  public GlobalRateLimit {
    Resource.requireName(cluster);
    Resource.requireName(domain);
    descriptors = List.copyOf(descriptors);
    if (descriptors.isEmpty()) {
      throw new IllegalArgumentException("descriptors: must not be empty");
    }
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("timeout: must be above 0, was " + timeout);
    }
  }
}
