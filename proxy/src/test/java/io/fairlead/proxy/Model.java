package io.fairlead.proxy;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.HttpFilter;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteFilters;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Makes pieces of the traffic model for tests with what they do not care about filled in. */
final class Model {
  static final HostPort ANY_PORT = new HostPort("127.0.0.1", 0);

  private Model() {}

  static Listener listener(String name, String table, HttpFilter... filters) {
    return new Listener(
        name, ANY_PORT, Listener.Role.OUTBOUND, Optional.empty(), List.of(filters), table, 0);
  }

  /** The snapshot with its first listener in another role, and all its traces recorded. */
  static Snapshot recorded(Snapshot snapshot, Listener.Role role) {
    Listener first = snapshot.listeners().getFirst();
    Listener other =
        new Listener(
            first.name(),
            first.address(),
            role,
            first.tls(),
            first.filters(),
            first.routeTable(),
            100);
    return new Snapshot(
        List.of(other),
        snapshot.routeTables(),
        snapshot.clusters(),
        snapshot.endpoints(),
        snapshot.secrets());
  }

  static Cluster cluster(String name, ResilienceSettings resilience, HostPort... addresses) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (HostPort address : addresses) {
      endpoints.add(
          new Endpoint(name + "-" + endpoints.size(), address, 1, Endpoint.Health.HEALTHY));
    }
    return new Cluster(
        name,
        new Cluster.Discovery.Static(endpoints),
        Optional.empty(),
        Cluster.LoadBalancing.Simple.LEAST_REQUEST,
        resilience);
  }

  static Route route(String name, String prefix, RouteAction action) {
    return new Route(
        name,
        Route.Match.path(new Route.PathMatch.Prefix(prefix)),
        action,
        HeaderChanges.NONE,
        HeaderChanges.NONE,
        ResilienceSettings.none(),
        Optional.empty());
  }

  /** Of all requests to the cluster {@code backend}. */
  static Route route(ResilienceSettings resilience, RouteFilters filters) {
    return new Route(
        "route",
        Route.Match.path(new Route.PathMatch.Prefix("/")),
        RouteAction.Forward.to("backend"),
        HeaderChanges.NONE,
        HeaderChanges.NONE,
        resilience,
        Optional.empty(),
        filters);
  }

  static RouteTable table(String name, Route... routes) {
    return new RouteTable(
        name, List.of(new RouteTable.VirtualHost("all", List.of("*"), Arrays.asList(routes))));
  }

  static Snapshot snapshot(Listener listener, RouteTable table, Cluster... clusters) {
    return new Snapshot(
        List.of(listener), List.of(table), Arrays.asList(clusters), List.of(), List.of());
  }

  /** A listener that sends everything to one cluster of these addresses. */
  static Snapshot plain(ResilienceSettings resilience, HostPort... addresses) {
    return snapshot(
        listener("front", "routes"),
        table("routes", route("all", "/", RouteAction.Forward.to("backend"))),
        cluster("backend", resilience, addresses));
  }
}
