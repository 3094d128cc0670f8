package io.fairlead.config;

import io.fairlead.config.Manifest.HttpRoute.ValueMatch;
import io.fairlead.config.Manifest.Metadata;
import io.fairlead.config.Manifest.Ref;
import java.time.Duration;
import java.util.List;

/**
 * What of the requests of HTTPRoutes and GRPCRoutes a rate limit service counts (fairlead.io/v1).
 *
 * @param service that counts
 * @param domain of its limits
 * @param descriptors at least one
 */
public record RateLimitPolicy(
    Metadata metadata,
    List<Ref> targets,
    Ref service,
    String domain,
    Duration timeout,
    FailureMode failureMode,
    List<Descriptor> descriptors)
    implements Manifest {
  /** What becomes of requests while the service gives no answer. */
  public enum FailureMode {
    ALLOW,
    REFUSE
  }

  /** What is counted together, and as how many. */
  public record Descriptor(List<Entry> entries, int hits) {}

  /** A part of a descriptor. */
  public sealed interface Entry {
    /** The service that the proxy stands beside. */
    record SourceCluster() implements Entry {}

    /** The service that the route leads to. */
    record DestinationCluster() implements Entry {}

    /** The client's address. */
    record RemoteAddress() implements Entry {}

    /** The path. */
    record Path() implements Entry {}

    /** A header; without it the descriptor is left out, or only this entry. */
    record RequestHeader(String name, String key, Absence absence) implements Entry {
      /** What is left out where the header is absent. */
      public enum Absence {
        DESCRIPTOR_LEFT_OUT,
        ENTRY_LEFT_OUT
      }
    }

    /** Always the same. */
    record GenericKey(String key, String value) implements Entry {}

    /** Always the same where all headers match. */
    record HeaderValueMatch(String key, String value, List<ValueMatch> headers) implements Entry {}
  }
}
