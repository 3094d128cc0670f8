package io.fairlead.control;

import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.fairlead.traffic.Cluster;
import java.util.List;
import java.util.Optional;

/**
 * Finds what a resource leads to. Envoy has on a route, or a listener, what our own data planes
 * read from the cluster, or the route, such as retries and limits. Pure.
 */
interface Surroundings {
  /** Where nothing is known. */
  Surroundings NONE =
      new Surroundings() {
        @Override
        public Optional<Cluster> cluster(String name) {
          return Optional.empty();
        }

        @Override
        public List<HttpFilter> limits(String table) {
          return List.of();
        }
      };

  Optional<Cluster> cluster(String name);

  /** Whether a cluster may have an adaptive limit; if not, nobody needs to look for one. */
  default boolean hasLimitedClusters() {
    return true;
  }

  /** What the routes of a table need in the listener. */
  List<HttpFilter> limits(String table);
}
