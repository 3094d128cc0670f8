package io.fairlead.control;

import com.google.protobuf.ByteString;
import io.fairlead.config.Difference;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteTable.VirtualHost;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The wire form of the routes of one version of the mesh: of a host that was there in the version
 * before and whose routes lead to clusters with the same policies, only the routes are encoded that
 * are not the same objects. Holds what has been asked for in these two versions. Safe for use by
 * many threads.
 */
final class RouteOctets {
  private final Made before;
  private final Made made = new Made();

  /** Of hosts, by themselves, since several tables may have the same, and by their names. */
  private static final class Made {
    private final Map<VirtualHost, Host> same =
        Collections.synchronizedMap(new IdentityHashMap<>());
    private final Map<Name, Host> named = Collections.synchronizedMap(new HashMap<>());
  }

  private record Name(String table, String host) {}

  /**
   * Octets of routes, and what they were made of besides.
   *
   * @param callees policies of the clusters that the routes lead to
   */
  private record Host(
      List<Route> routes,
      List<ByteString> octets,
      Map<String, Optional<ResilienceSettings>> callees) {

    boolean holds(Surroundings surroundings) {
      return callees.entrySet().stream()
          .allMatch(callee -> policy(callee.getKey(), surroundings).equals(callee.getValue()));
    }
  }

  private RouteOctets(Made before) {
    this.before = before;
  }

  /** Of the first version. */
  static RouteOctets none() {
    return new RouteOctets(new Made());
  }

  /** Of the version after this one. */
  RouteOctets next() {
    return new RouteOctets(made);
  }

  /** Of the routes of a host, in their order. */
  List<ByteString> of(String table, VirtualHost host, Surroundings surroundings) {
    var name = new Name(table, host.name());
    var same = made.same.getOrDefault(host, before.same.get(host));
    var known = same == null ? before.named.get(name) : same;
    var found =
        known != null && known.holds(surroundings)
            ? after(known, host.routes(), surroundings)
            : encode(host.routes(), Map.of(), surroundings);
    made.same.put(host, found);
    made.named.put(name, found);
    return found.octets;
  }

  /** What both lists begin and end with stays, and between that each route that both have. */
  private static Host after(Host known, List<Route> routes, Surroundings surroundings) {
    if (known.routes == routes) {
      return known;
    }
    int first = Difference.sameFirst(known.routes, routes);
    int last = Difference.sameLast(known.routes, routes, first);
    var moved = new IdentityHashMap<Route, ByteString>();
    for (int place = first; place < known.routes.size() - last; place++) {
      moved.put(known.routes.get(place), known.octets.get(place));
    }
    var between = encode(routes.subList(first, routes.size() - last), moved, surroundings);
    var octets = new ArrayList<ByteString>(routes.size());
    octets.addAll(known.octets.subList(0, first));
    octets.addAll(between.octets);
    octets.addAll(known.octets.subList(known.octets.size() - last, known.octets.size()));
    var callees = between.callees;
    callees.putAll(known.callees);
    return new Host(routes, octets, callees);
  }

  private static Host encode(
      List<Route> routes, Map<Route, ByteString> encoded, Surroundings surroundings) {
    var octets = new ArrayList<ByteString>(routes.size());
    var callees = new HashMap<String, Optional<ResilienceSettings>>();
    for (var route : routes) {
      NativeLimits.callee(route)
          .ifPresent(name -> callees.computeIfAbsent(name, key -> policy(key, surroundings)));
      var known = encoded.get(route);
      octets.add(known == null ? RouteEncoder.route(route, surroundings).toByteString() : known);
    }
    return new Host(routes, octets, callees);
  }

  private static Optional<ResilienceSettings> policy(String cluster, Surroundings surroundings) {
    return surroundings.cluster(cluster).map(Cluster::resilience);
  }
}
