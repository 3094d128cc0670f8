package io.fairlead.discovery;

import java.time.Duration;
import java.util.List;

/**
 * What a service, or a registrar on its behalf, asks of the registry. Immutable.
 *
 * @param instance the instance to hold in the catalog
 * @param lease how long it stays without a heartbeat, whole seconds, 1 s to 24 h
 */
public record RegistrationRequest(Instance instance, Duration lease) {
  /** Lease of those who name none. */
  public static final Duration DEFAULT_LEASE = Duration.ofSeconds(30);

  private static final Duration MIN_LEASE = Duration.ofSeconds(1);
  private static final Duration MAX_LEASE = Duration.ofHours(24);

  /**
   * Checks the lease.
   *
   * @throws InvalidInstanceException if the lease is out of its range
   */
  public RegistrationRequest {
    boolean inRange = lease.compareTo(MIN_LEASE) >= 0 && lease.compareTo(MAX_LEASE) <= 0;
    if (!inRange || lease.getNano() != 0) {
      throw new InvalidInstanceException(List.of(leaseFault(lease.toString())));
    }
  }

  static Fault leaseFault(String value) {
    return new Fault("leaseSeconds", value, "must be a whole number of seconds, 1 to 86400");
  }
}
