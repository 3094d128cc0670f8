package io.fairlead.traffic;

import io.fairlead.config.Hostnames;
import io.fairlead.config.Manifest;
import io.fairlead.traffic.RouteTable.VirtualHost;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** A Gateway document with the routes attached to it, to listeners and route tables. Pure. */
final class GatewayTranslation {
  private final RouteTranslation translation;
  private final Policies policies;
  private final StreamTranslation streams;
  private final MeshSettings mesh;

  GatewayTranslation(RouteTranslation translation, Policies policies, StreamTranslation streams) {
    this.translation = translation;
    this.policies = policies;
    this.streams = streams;
    mesh = policies.mesh();
  }

  /** Gateway listeners of one port share one listener; what they take parts them. */
  List<Listener> listeners(Manifest.Gateway gateway) {
    var listeners = new ArrayList<Listener>();
    byPort(gateway)
        .forEach(
            (port, sections) -> {
              var http = sections.stream().anyMatch(GatewayTranslation::speaksHttp);
              var intake = streams.intake(gateway, sections);
              if (http || !intake.tcp().isEmpty()) {
                var name = name(gateway, port);
                listeners.add(
                    new Listener(
                        name,
                        new HostPort(sections.getFirst().address(), port),
                        Listener.Role.GATEWAY,
                        GatewayTls.of(gateway, sections),
                        http ? policies.security("Gateway", gateway.metadata().name()) : List.of(),
                        http ? name : "",
                        http ? mesh.samplePercent() : 0,
                        http ? policies.trust(gateway.metadata().name()) : ClientTrust.NONE,
                        Optional.of(intake),
                        policies.accessLogs("Gateway", gateway.metadata().name()),
                        http ? Optional.of(bounds(gateway, sections)) : Optional.empty()));
              }
            });
    return listeners;
  }

  private HttpBounds bounds(
      Manifest.Gateway gateway, List<Manifest.Gateway.GatewayListener> sections) {
    return policies.connections().bounds(gateway.metadata().name(), sections);
  }

  static boolean speaksHttp(Manifest.Gateway.GatewayListener section) {
    return switch (section.protocol()) {
      case HTTP, HTTPS -> true;
      case TLS, TCP -> false;
    };
  }

  List<RouteTable> routeTables(Manifest.Gateway gateway) {
    var tables = new ArrayList<RouteTable>();
    byPort(gateway)
        .forEach(
            (port, sections) -> {
              var http = sections.stream().filter(GatewayTranslation::speaksHttp).toList();
              if (!http.isEmpty()) {
                tables.add(table(gateway, name(gateway, port), http));
              }
            });
    return tables;
  }

  private RouteTable table(
      Manifest.Gateway gateway, String name, List<Manifest.Gateway.GatewayListener> sections) {
    var virtualHosts = new ArrayList<VirtualHost>();
    translation
        .by(attachment -> hosts(attachment, gateway, sections))
        .forEach(
            (host, attached) -> virtualHosts.add(new VirtualHost(host, List.of(host), attached)));
    return new RouteTable(name, virtualHosts);
  }

  /** Those of the sections that routes are attached to. */
  private static Set<String> hosts(
      Attachment attachment,
      Manifest.Gateway gateway,
      List<Manifest.Gateway.GatewayListener> sections) {
    Set<String> hosts = Set.of();
    for (var section : sections) {
      if (attached(attachment.parents(), gateway, section)) {
        var own = Hostnames.both(section.hostname(), attachment.hostnames());
        if (hosts.isEmpty()) {
          hosts = own;
        } else {
          hosts = new HashSet<>(hosts);
          hosts.addAll(own);
        }
      }
    }
    return hosts;
  }

  static boolean attached(
      List<Manifest.HttpRoute.Parent> parents,
      Manifest.Gateway gateway,
      Manifest.Gateway.GatewayListener section) {
    for (var parent : parents) {
      var ref = parent.ref();
      if (ref.kind().equals("Gateway")
          && ref.name().equals(gateway.metadata().name())
          && parent.section().map(section.name()::equals).orElse(true)) {
        return true;
      }
    }
    return false;
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
