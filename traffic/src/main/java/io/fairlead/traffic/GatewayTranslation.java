package io.fairlead.traffic;

import io.fairlead.config.Manifest;
import io.fairlead.traffic.RouteTable.VirtualHost;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** A Gateway document with the routes attached to it, to listeners and route tables. Pure. */
final class GatewayTranslation {
  private final List<Manifest.HttpRoute> routes;
  private final RouteTranslation translation;
  private final Policies policies;
  private final MeshSettings mesh;

  GatewayTranslation(List<Manifest.HttpRoute> routes, Policies policies) {
    this.routes = routes;
    this.policies = policies;
    translation = new RouteTranslation(policies);
    mesh = policies.mesh();
  }

  /** Gateway listeners of one port share one listener; their hosts part them. */
  List<Listener> listeners(Manifest.Gateway gateway) {
    return byPort(gateway).entrySet().stream()
        .map(
            entry -> {
              var first = entry.getValue().getFirst();
              var name = name(gateway, entry.getKey());
              return new Listener(
                  name,
                  new HostPort(first.address(), first.port()),
                  Listener.Role.GATEWAY,
                  Optional.empty(),
                  policies.security("Gateway", gateway.metadata().name()),
                  name,
                  mesh.samplePercent(),
                  policies.trust(gateway.metadata().name()));
            })
        .toList();
  }

  List<RouteTable> routeTables(Manifest.Gateway gateway) {
    return byPort(gateway).entrySet().stream()
        .map(entry -> table(gateway, name(gateway, entry.getKey()), entry.getValue()))
        .toList();
  }

  private RouteTable table(
      Manifest.Gateway gateway, String name, List<Manifest.Gateway.GatewayListener> sections) {
    Map<String, Set<Manifest.HttpRoute>> byHost = new TreeMap<>();
    for (var section : sections) {
      for (var route : routes) {
        if (attached(route, gateway, section)) {
          for (var host : hosts(route, section)) {
            byHost.computeIfAbsent(host, key -> new LinkedHashSet<>()).add(route);
          }
        }
      }
    }
    var virtualHosts = new ArrayList<VirtualHost>();
    byHost.forEach(
        (host, attached) ->
            virtualHosts.add(
                new VirtualHost(host, List.of(host), translation.routes(List.copyOf(attached)))));
    return new RouteTable(name, virtualHosts);
  }

  private static boolean attached(
      Manifest.HttpRoute route,
      Manifest.Gateway gateway,
      Manifest.Gateway.GatewayListener section) {
    return route.parents().stream()
        .anyMatch(
            parent ->
                parent.ref().kind().equals("Gateway")
                    && parent.ref().name().equals(gateway.metadata().name())
                    && parent.section().map(section.name()::equals).orElse(true));
  }

  /** The hosts that both the route and the section want; the narrower of the two counts. */
  private static Set<String> hosts(
      Manifest.HttpRoute route, Manifest.Gateway.GatewayListener section) {
    var outer = section.hostname().map(host -> host.toLowerCase(Locale.ROOT)).orElse("*");
    if (route.hostnames().isEmpty()) {
      return Set.of(outer);
    }
    var hosts = new LinkedHashSet<String>();
    for (var hostname : route.hostnames()) {
      var inner = hostname.toLowerCase(Locale.ROOT);
      if (covers(outer, inner)) {
        hosts.add(inner);
      } else if (covers(inner, outer)) {
        hosts.add(outer);
      }
    }
    return hosts;
  }

  private static boolean covers(String wide, String narrow) {
    return wide.equals("*")
        || wide.equals(narrow)
        || (wide.startsWith("*.") && narrow.endsWith(wide.substring(1)));
  }

  private static Map<Integer, List<Manifest.Gateway.GatewayListener>> byPort(
      Manifest.Gateway gateway) {
    var ports = new TreeMap<Integer, List<Manifest.Gateway.GatewayListener>>();
    for (var listener : gateway.listeners()) {
      ports.computeIfAbsent(listener.port(), key -> new ArrayList<>()).add(listener);
    }
    return ports;
  }

  private static String name(Manifest.Gateway gateway, int port) {
    return "gateway|" + gateway.metadata().name() + "|" + port;
  }
}
