package io.fairlead.control;

import com.google.protobuf.ByteString;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Route;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The wire form of each route of one version of the mesh: a route that is the same object as in the
 * version before, and leads to a cluster with the same policy, is not encoded again. Holds what has
 * been asked for in these two versions. Safe for use by many threads.
 */
final class RouteOctets {
  private final Map<Route, Made> before;
  private final Map<Route, Made> made = Collections.synchronizedMap(new IdentityHashMap<>());

  /** Octets, and what they were made of beside the route: the policy of the callee. */
  private record Made(ByteString octets, Optional<ResilienceSettings> callee) {}

  private RouteOctets(Map<Route, Made> before) {
    this.before = before;
  }

  /** Of the first version. */
  static RouteOctets none() {
    return new RouteOctets(Map.of());
  }

  /** Of the version after this one. */
  RouteOctets next() {
    return new RouteOctets(made);
  }

  ByteString of(Route route, Surroundings surroundings) {
    var callee = NativeLimits.callee(route, surroundings).map(Cluster::resilience);
    var known = made.get(route);
    if (known == null) {
      known = before.get(route);
    }
    if (known == null || !known.callee.equals(callee)) {
      known = new Made(RouteEncoder.route(route, surroundings).toByteString(), callee);
    }
    made.put(route, known);
    return known.octets;
  }
}
