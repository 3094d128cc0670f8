package io.fairlead.traffic;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.RouteTable.VirtualHost;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The two listeners of a sidecar and what stands behind the inbound one. Pure. */
final class SidecarTranslation {
  /** Route table and listener of the calls that the application makes. */
  static final String OUTBOUND = "outbound";

  /** Route table and listener of the calls that come to the application. */
  static final String INBOUND = "inbound";

  /** Cluster of the application itself. */
  static final String APPLICATION = "application";

  private final Policies policies;

  SidecarTranslation(Policies policies) {
    this.policies = policies;
  }

  List<Listener> listeners(Node.Sidecar node) {
    var logs = policies.accessLogs("Service", node.service());
    var bounds = policies.connections().bounds(node.service());
    var inbound = inbound(node).withAccessLogs(logs).withBounds(bounds);
    return List.of(inbound, outbound(node).withAccessLogs(logs));
  }

  /** Calls from peers: mutual TLS, authorization, the service's own rate limit. */
  private Listener inbound(Node.Sidecar node) {
    var tls =
        new ServerTls(
            MeshSettings.WORKLOAD_CERTIFICATE,
            Optional.of(new PeerValidation(MeshSettings.MESH_ROOTS, List.of())));
    var filters = new ArrayList<HttpFilter>();
    for (var filter : policies.security("Service", node.service())) {
      filters.add(atApplication(filter, node.application().port()));
    }
    policies
        .rateLimit(node.service())
        .ifPresent(limit -> filters.add(new HttpFilter.LocalRateLimit(limit)));
    // Both on one port, while a mesh is being adopted.
    var plainText =
        policies.connections().isPermissive(node.service())
            ? Intake.PlainText.SERVED
            : Intake.PlainText.REFUSED;
    return new Listener(
        INBOUND,
        node.inbound(),
        Listener.Role.INBOUND,
        Optional.of(tls),
        filters,
        INBOUND,
        policies.mesh().samplePercent(),
        ClientTrust.NONE,
        new InterceptionTranslation(node.interception()).inbound(plainText, node));
  }

  /** Rules mean the port of the application, not that of its sidecar. */
  private static HttpFilter atApplication(HttpFilter filter, int port) {
    return filter instanceof HttpFilter.Rbac(var action, var rules)
        ? new HttpFilter.Rbac(
            action, rules.stream().map(rule -> rule.at(port)).flatMap(Optional::stream).toList())
        : filter;
  }

  private Listener outbound(Node.Sidecar node) {
    var interception = new InterceptionTranslation(node.interception());
    return new Listener(
        OUTBOUND,
        node.outbound(),
        Listener.Role.OUTBOUND,
        Optional.empty(),
        List.of(),
        interception.outboundTable(),
        policies.mesh().samplePercent(),
        interception.outbound());
  }

  RouteTable inboundRoutes() {
    var all = Route.straight(APPLICATION);
    return new RouteTable(INBOUND, List.of(new VirtualHost("*", List.of("*"), List.of(all))));
  }

  Cluster application(Node.Sidecar node) {
    var endpoint = new Endpoint(node.id(), node.application(), 1, Endpoint.Health.HEALTHY);
    return new Cluster(
        APPLICATION,
        new Cluster.Discovery.Static(List.of(endpoint)),
        Optional.empty(),
        node.protocol(),
        Cluster.LoadBalancing.Simple.LEAST_REQUEST,
        Optional.empty(),
        ResilienceSettings.none());
  }
}
