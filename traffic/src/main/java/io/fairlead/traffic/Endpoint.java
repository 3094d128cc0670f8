package io.fairlead.traffic;

/**
 * One address that serves a cluster. Immutable.
 *
 * @param id names the instance to people; unique within the cluster, not empty
 * @param address where it listens
 * @param weight 1 to 1000, relative to the other endpoints of its priority
 * @param priority 0 to 127; a higher number gets requests only as far as those below it are short
 *     of healthy endpoints
 * @param locality where it runs
 * @param health whether it gets requests
 */
public record Endpoint(
    String id, HostPort address, int weight, int priority, Locality locality, Health health) {

  /** An endpoint that runs nobody knows where. */
  public Endpoint(String id, HostPort address, int weight, int priority, Health health) {
    this(id, address, weight, priority, Locality.NONE, health);
  }

  /** An endpoint that comes first. */
  public Endpoint(String id, HostPort address, int weight, Health health) {
    this(id, address, weight, 0, health);
  }

  /** What the catalog says of an instance. */
  public enum Health {
    HEALTHY,
    UNHEALTHY,
    /** Finishes what it has and takes nothing new. */
    DRAINING
  }

  public Endpoint {
    Resource.requireName(id);
    if (weight < 1 || weight > 1000) {
      throw new IllegalArgumentException("weight: must be 1 to 1000, was " + weight);
    }
    if (priority < 0 || priority > 127) {
      throw new IllegalArgumentException("priority: must be 0 to 127, was " + priority);
    }
  }
}
