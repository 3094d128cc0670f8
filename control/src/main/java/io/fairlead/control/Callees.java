package io.fairlead.control;

import io.fairlead.traffic.Cluster;
import java.util.Optional;

/**
 * Finds the clusters that routes lead to. Envoy has on a route what our own data planes read from
 * the cluster, such as retries. Pure.
 */
@FunctionalInterface
interface Callees {
  /** Where no cluster is known. */
  Callees NONE = name -> Optional.empty();

  Optional<Cluster> find(String name);
}
