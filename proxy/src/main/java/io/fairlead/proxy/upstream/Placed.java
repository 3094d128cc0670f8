package io.fairlead.proxy.upstream;

import io.fairlead.traffic.Endpoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The members of a cluster with the table that its way of balancing needs. Immutable; made by
 * whoever changes the configuration, so that no loop has to.
 *
 * @param table over the healthy endpoints, in their order; null if none is needed
 */
record Placed(Members members, @Nullable HashTable table) {
  static Placed first(Members members) {
    return new Placed(members, HashTable.of(members.loadBalancing(), healthy(members)));
  }

  /** Keeps the table if nothing that it is made of has changed. */
  Placed next(Members present) {
    boolean same =
        present.loadBalancing().equals(members.loadBalancing())
            && healthy(present).equals(healthy(members));
    return same ? new Placed(present, table) : first(present);
  }

  /** Those that the configuration lets have requests. */
  static List<Endpoint> healthy(Members members) {
    return members.endpoints().stream()
        .filter(endpoint -> endpoint.health() == Endpoint.Health.HEALTHY)
        .toList();
  }
}
