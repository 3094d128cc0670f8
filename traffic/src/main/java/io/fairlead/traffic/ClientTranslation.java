package io.fairlead.traffic;

import io.fairlead.traffic.RouteTable.VirtualHost;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The calls of a program that has no proxy beside it, as gRPC libraries make them: it asks for one
 * name at a time, so each name is a listener, and what a sidecar has in one table are tables here.
 * Pure.
 */
final class ClientTranslation {
  /** Tables are named so, and then by their virtual host. */
  static final String PREFIX = "client/";

  /** Nobody listens there. */
  private static final HostPort NOWHERE = new HostPort("0.0.0.0", 0);

  private ClientTranslation() {}

  /** A table for each virtual host, which its name alone has chosen. */
  static List<RouteTable> tables(RouteTable outbound) {
    return outbound.virtualHosts().stream()
        .map(
            host ->
                new RouteTable(
                    PREFIX + host.name(),
                    List.of(new VirtualHost(host.name(), List.of("*"), host.routes()))))
        .toList();
  }

  /** A listener for each name that can be called. */
  static List<Listener> listeners(RouteTable outbound, double samplePercent) {
    var listeners = new ArrayList<Listener>();
    for (var host : outbound.virtualHosts()) {
      for (var domain : host.domains()) {
        listeners.add(
            new Listener(
                domain,
                NOWHERE,
                Listener.Role.OUTBOUND,
                Optional.empty(),
                List.of(),
                PREFIX + host.name(),
                samplePercent));
      }
    }
    return listeners;
  }
}
