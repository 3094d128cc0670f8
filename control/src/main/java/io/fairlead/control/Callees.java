package io.fairlead.control;

import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The clusters that routes lead to, each looked up once: of thousands of routes nearly all lead to
 * the same few. For one thread.
 */
final class Callees {
  private final Surroundings surroundings;
  private final Map<String, Optional<Cluster>> known = new HashMap<>();

  Callees(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /** The first cluster of a route. */
  Optional<Cluster> of(Route route) {
    return route.action() instanceof RouteAction.Forward forward
        ? known.computeIfAbsent(forward.clusters().getFirst().cluster(), surroundings::cluster)
        : Optional.empty();
  }
}
