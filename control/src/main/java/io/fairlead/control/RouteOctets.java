package io.fairlead.control;

import com.google.protobuf.ByteString;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Route;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The wire form of each route of one version of the mesh: a route that is the same object as in the
 * version before, and leads to a cluster with the same policy, is not encoded again. Holds what has
 * been asked for in these two versions. Safe for use by many threads.
 */
final class RouteOctets {
  private final Map<Route, Made> before;
  private final Map<Route, Made> made;

  /** Octets, and what they were made of beside the route: the policy of the callee. */
  private record Made(ByteString octets, Optional<ResilienceSettings> callee) {}

  private RouteOctets(Map<Route, Made> before) {
    this.before = before;
    this.made = new IdentityHashMap<>(before.size());
  }

  /** Of the first version. */
  static RouteOctets none() {
    return new RouteOctets(new IdentityHashMap<>());
  }

  /** Of the version after this one. */
  RouteOctets next() {
    return new RouteOctets(made);
  }

  /** Of these routes, in their order. */
  List<ByteString> of(List<Route> routes, Surroundings surroundings) {
    var callees = new Callees(surroundings);
    var octets = new ArrayList<ByteString>(routes.size());
    synchronized (made) {
      // An earlier version may still be in use, and has its own lock.
      synchronized (before) {
        for (var route : routes) {
          octets.add(of(route, callees.of(route).map(Cluster::resilience), surroundings));
        }
      }
    }
    return octets;
  }

  private ByteString of(
      Route route, Optional<ResilienceSettings> callee, Surroundings surroundings) {
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
