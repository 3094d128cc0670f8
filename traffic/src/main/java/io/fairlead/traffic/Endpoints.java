package io.fairlead.traffic;

import java.util.Comparator;
import java.util.List;

/**
 * The current endpoints of a cluster. Immutable.
 *
 * @param name the name that {@link Cluster.Discovery.Eds} refers to
 * @param endpoints ordered by priority and id, so that equal sets are equal values
 */
public record Endpoints(String name, List<Endpoint> endpoints) implements Resource {
  public Endpoints {
    Resource.requireName(name);
    endpoints =
        endpoints.stream()
            .sorted(Comparator.comparingInt(Endpoint::priority).thenComparing(Endpoint::id))
            .toList();
  }
}
