package io.fairlead.traffic;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.RouteTable.VirtualHost;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a sidecar has beside the usual where the kernel leads connections to it: in Istio's shape
 * and by its names. Pure.
 */
final class InterceptionTranslation {
  /** Cluster of destinations that nobody has declared. */
  static final String PASSTHROUGH = "PassthroughCluster";

  /** Cluster of connections to ports that are not the application's. */
  static final String INBOUND_PASSTHROUGH = "InboundPassthroughCluster";

  /** Cluster without endpoints. */
  static final String BLACK_HOLE = "BlackHoleCluster";

  private static final String ALLOW_ANY = "allow_any";
  private static final String BLOCK_ALL = "block_all";
  private static final int BAD_GATEWAY = 502;

  private final Interception interception;

  InterceptionTranslation(Interception interception) {
    this.interception = interception;
  }

  private boolean isActive() {
    return interception.mode() != Interception.Mode.NONE;
  }

  /** The intake of the calls that the application makes. */
  Optional<Intake> outbound() {
    if (!isActive()) {
      return Optional.empty();
    }
    var cluster =
        switch (interception.outbound()) {
          case ALLOW_ANY -> PASSTHROUGH;
          case REGISTRY_ONLY -> BLACK_HOLE;
        };
    var rest =
        new TcpRoute(cluster, List.of(), List.of(new RouteAction.WeightedCluster(cluster, 1)));
    // TPROXY is for connections that come from elsewhere; there is no such thing for one's own.
    return Optional.of(
        new Intake(
            Intake.ProxyHeader.NONE,
            Intake.PlainText.REFUSED,
            interception.detection(),
            List.of(rest),
            Optional.of(new OriginalDestination(OriginalDestination.Source.REDIRECT))));
  }

  /**
   * The intake of the calls that come to the application.
   *
   * @param plainText whether they may come in plain text
   * @param node of whom; nothing from elsewhere is led to loopback
   */
  Optional<Intake> inbound(Intake.PlainText plainText, Node.Sidecar node) {
    var mode = node.inbound().isLoopback() ? Interception.Mode.NONE : interception.mode();
    var source =
        switch (mode) {
          case NONE -> Optional.<OriginalDestination.Source>empty();
          case REDIRECT -> Optional.of(OriginalDestination.Source.REDIRECT);
          case TPROXY -> Optional.of(OriginalDestination.Source.TPROXY);
        };
    var others =
        switch (interception.inbound()) {
          case PASS_THROUGH -> INBOUND_PASSTHROUGH;
          case REFUSE -> BLACK_HOLE;
        };
    return Optional.of(
        new Intake(
            Intake.ProxyHeader.NONE,
            plainText,
            Intake.USUAL_DETECTION,
            List.of(),
            source.map(
                from ->
                    new OriginalDestination(from, List.of(node.application().port()), others))));
  }

  /** Name of the route table of the calls that the application makes. */
  String outboundTable() {
    return isActive() ? tableName(interception.outbound()) : SidecarTranslation.OUTBOUND;
  }

  private static String tableName(Interception.OutboundPolicy policy) {
    return switch (policy) {
      case ALLOW_ANY -> SidecarTranslation.OUTBOUND + "|" + ALLOW_ANY;
      case REGISTRY_ONLY -> SidecarTranslation.OUTBOUND + "|" + BLOCK_ALL;
    };
  }

  /** The routes of a table, and one for all hosts that it does not name. */
  static RouteTable outbound(RouteTable named, Interception.OutboundPolicy policy) {
    var hosts = new ArrayList<>(named.virtualHosts());
    if (hosts.stream().noneMatch(host -> host.domains().contains("*"))) {
      hosts.add(
          switch (policy) {
            case ALLOW_ANY -> rest(ALLOW_ANY, RouteAction.Forward.to(PASSTHROUGH));
            case REGISTRY_ONLY ->
                rest(
                    BLOCK_ALL,
                    new RouteAction.DirectResponse(
                        BAD_GATEWAY, "no service of the mesh has this name"));
          });
    }
    return new RouteTable(tableName(policy), hosts);
  }

  private static VirtualHost rest(String name, RouteAction action) {
    return new VirtualHost(name, List.of("*"), List.of(Route.straight(name, action)));
  }

  /** The clusters that listeners and routes of an intercepting sidecar name. */
  List<Cluster> clusters() {
    return isActive()
        ? List.of(
            cluster(PASSTHROUGH, new Cluster.Discovery.OriginalDst()),
            cluster(INBOUND_PASSTHROUGH, new Cluster.Discovery.OriginalDst()),
            cluster(BLACK_HOLE, new Cluster.Discovery.Static(List.of())))
        : List.of();
  }

  private static Cluster cluster(String name, Cluster.Discovery discovery) {
    return new Cluster(
        name,
        discovery,
        Optional.empty(),
        Cluster.LoadBalancing.Simple.LEAST_REQUEST,
        ResilienceSettings.none());
  }
}
