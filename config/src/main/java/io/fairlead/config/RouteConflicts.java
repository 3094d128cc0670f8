package io.fairlead.config;

import io.fairlead.config.Manifest.Gateway;
import io.fairlead.config.Manifest.HttpRoute;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What an HTTPRoute and a GRPCRoute claim both, and only one of them can have: a host of a listener
 * (Gateway API, GRPCRoute, hostnames), and a service (GEP-1426, route types). Confined to one
 * thread.
 *
 * <p>Of two that claim a host the API lets the older one have it, and else the first by namespace
 * and name. Documents have no age: a change that brings such a conflict is refused whole, so that
 * what was there before stays, and the fault is where the second by name stands.
 */
final class RouteConflicts {
  private static final Comparator<HttpRoute> BY_NAME =
      Comparator.<HttpRoute, String>comparing(route -> route.metadata().namespace())
          .thenComparing(route -> route.metadata().name());

  private final Map<String, Gateway> gateways;
  private final List<Fault> faults;
  private final Map<Section, Claims> claims = new HashMap<>();
  private final Map<String, Claim> services = new HashMap<>();
  private final Set<Position> told = new HashSet<>();

  private record Section(String gateway, String listener) {}

  private record Claim(HttpRoute route, HttpRoute.Parent parent) {}

  /** Hosts that GRPCRoutes have of one listener. */
  private static final class Claims {
    private final Map<String, Claim> hosts = new HashMap<>();

    /** By what the hosts end with, and all of them by nothing. */
    private final Map<String, Claim> endings = new HashMap<>();

    void add(String host, Claim claim) {
      hosts.putIfAbsent(host, claim);
      endings.putIfAbsent("", claim);
      Hostnames.suffixes(host).forEach(suffix -> endings.putIfAbsent(suffix, claim));
    }

    Optional<Claim> find(String host) {
      var found = hosts.get(host);
      if (found == null && host.startsWith("*")) {
        found = endings.get(host.substring(1));
      }
      if (found == null) {
        found = hosts.get(Hostnames.ALL);
      }
      var suffixes = Hostnames.suffixes(host).iterator();
      while (found == null && suffixes.hasNext()) {
        found = hosts.get("*" + suffixes.next());
      }
      return Optional.ofNullable(found);
    }
  }

  RouteConflicts(Map<String, Gateway> gateways, List<Fault> faults) {
    this.gateways = gateways;
    this.faults = faults;
  }

  /** Adds a fault for each reference of a route by which it claims what another kind has. */
  void check(List<HttpRoute> routes) {
    var calls = routes.stream().filter(r -> r.form() == HttpRoute.Form.GRPC).toList();
    if (calls.isEmpty()) {
      return;
    }
    calls.forEach(this::claim);
    routes.stream().filter(r -> r.form() == HttpRoute.Form.HTTP).forEach(this::compare);
  }

  private void claim(HttpRoute route) {
    for (var parent : route.parents()) {
      var claim = new Claim(route, parent);
      if (parent.ref().kind().equals("Service")) {
        services.putIfAbsent(parent.ref().name(), claim);
      }
      for (var listener : listeners(parent)) {
        var section = new Section(parent.ref().name(), listener.name());
        var hosts = claims.computeIfAbsent(section, key -> new Claims());
        Hostnames.both(listener.hostname(), route.hostnames())
            .forEach(host -> hosts.add(host, claim));
      }
    }
  }

  private void compare(HttpRoute route) {
    for (var parent : route.parents()) {
      var claim = new Claim(route, parent);
      if (parent.ref().kind().equals("Service")) {
        Optional.ofNullable(services.get(parent.ref().name()))
            .ifPresent(other -> tell(claim, other, "which goes before an HTTPRoute (GEP-1426)"));
      }
      for (var listener : listeners(parent)) {
        var hosts = claims.get(new Section(parent.ref().name(), listener.name()));
        if (hosts != null) {
          Hostnames.both(listener.hostname(), route.hostnames())
              .forEach(host -> hosts.find(host).ifPresent(other -> conflict(host, claim, other)));
        }
      }
    }
  }

  private void conflict(String host, Claim http, Claim grpc) {
    boolean first = BY_NAME.compare(http.route, grpc.route) < 0;
    var rule = "and routes of both kinds cannot have " + host + " of one listener";
    tell(first ? grpc : http, first ? http : grpc, rule);
  }

  private void tell(Claim refused, Claim other, String why) {
    var ref = refused.parent.ref();
    if (told.add(ref.at())) {
      var id = other.route.id();
      var rule = "has " + id + " at " + other.route.metadata().at() + " already, " + why;
      faults.add(new Fault(ref.at(), ref.path(), ref.name(), rule, Optional.empty()));
    }
  }

  /** Listeners that the reference leads to and that speak HTTP. */
  private List<Gateway.GatewayListener> listeners(HttpRoute.Parent parent) {
    var gateway = gateways.get(parent.ref().name());
    if (gateway == null || !parent.ref().kind().equals("Gateway")) {
      return List.of();
    }
    return gateway.listeners().stream()
        .filter(listener -> parent.section().map(listener.name()::equals).orElse(true))
        .filter(RouteConflicts::speaksHttp)
        .toList();
  }

  private static boolean speaksHttp(Gateway.GatewayListener listener) {
    return switch (listener.protocol()) {
      case HTTP, HTTPS -> true;
      case TLS, TCP -> false;
    };
  }
}
