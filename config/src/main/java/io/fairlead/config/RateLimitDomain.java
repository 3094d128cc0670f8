package io.fairlead.config;

import io.fairlead.config.Manifest.Metadata;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Limits that the control plane counts for all proxies together (fairlead.io/v1).
 *
 * @param domain that proxies name
 * @param limits by the first entry of a descriptor
 */
public record RateLimitDomain(Metadata metadata, String domain, List<Node> limits)
    implements Manifest {
  /**
   * An entry of a descriptor.
   *
   * @param value empty stands for every value that has no node of its own; each is counted apart
   * @param limit of descriptors that end here
   * @param nested what may follow
   */
  public record Node(
      String key, Optional<String> value, Optional<Limit> limit, List<Node> nested) {}

  /** So many requests in each unit of time; a shadow only counts. */
  public record Limit(int requestsPerUnit, Unit unit, Mode mode) {
    /** Whether what is above the limit is refused. */
    public enum Mode {
      ENFORCED,
      SHADOW
    }
  }

  /** A unit of time, whose beginnings are those of the epoch. */
  public enum Unit {
    SECOND(Duration.ofSeconds(1)),
    MINUTE(Duration.ofMinutes(1)),
    HOUR(Duration.ofHours(1)),
    DAY(Duration.ofDays(1));

    private final Duration length;

    Unit(Duration length) {
      this.length = length;
    }

    /** How long it is. */
    public Duration length() {
      return length;
    }
  }
}
