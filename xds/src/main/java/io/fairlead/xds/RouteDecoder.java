package io.fairlead.xds;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteAction.PathRewrite;
import io.fairlead.traffic.RouteAction.WeightedCluster;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.RouteTable.VirtualHost;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** envoy.config.route.v3.RouteConfiguration. Stateless. */
final class RouteDecoder {
  /** The pattern under which a whole path is replaced, as the encoder writes it. */
  static final String WHOLE_PATH = "^[^?]*";

  private RouteDecoder() {}

  /**
   * RouteConfiguration: name 1, virtual_hosts 2. VirtualHost: name 1, domains 2, routes 3.
   *
   * @param known takes what is made, and has what is not made again
   */
  static RouteTable table(ProtoMessage m, KnownRoutes known) {
    return new RouteTable(
        m.text(1),
        m.octets(2).stream()
            .map(octets -> known.host(octets, unknown -> host(m.nested(unknown), known)))
            .toList());
  }

  private static VirtualHost host(ProtoMessage m, KnownRoutes known) {
    return new VirtualHost(
        m.text(1),
        m.texts(2),
        m.octets(3).stream()
            .map(octets -> known.route(octets, unknown -> route(m.nested(unknown))))
            .toList());
  }

  /**
   * Route: match 1, route 2, redirect 3, metadata 4, direct_response 7, request_headers_to_add 9,
   * response_headers_to_add 10, response_headers_to_remove 11, request_headers_to_remove 12, name
   * 14.
   */
  private static Route route(ProtoMessage m) {
    var policy = ClusterDecoder.typedMetadata(m.message(4), TypeUrls.ROUTE_POLICY);
    return new Route(
        m.text(14),
        RouteMatchDecoder.match(m.message(1)),
        action(m),
        headers(m.messages(9), m.texts(12)),
        headers(m.messages(10), m.texts(11)),
        policy.map(PolicyWire::resilience).orElse(ResilienceSettings.none()),
        policy.flatMap(PolicyWire::apiKeys),
        RouteFilterDecoder.filters(m, policy));
  }

  private static RouteAction action(ProtoMessage m) {
    if (m.has(2)) {
      return forward(m.message(2));
    }
    if (m.has(3)) {
      return redirect(m.message(3));
    }
    if (m.has(7)) {
      var direct = m.message(7);
      return new RouteAction.DirectResponse(direct.intNumber(1), direct.message(2).text(3));
    }
    throw new DecodeException("route '" + m.text(14) + "': action is not supported");
  }

  /**
   * RouteAction: cluster 1, weighted_clusters 3 (clusters 1: name 1, weight 2), prefix_rewrite 5,
   * host_rewrite_literal 6, upgrade_configs 25, regex_rewrite 32 (pattern 1: regex 2; substitution
   * 2).
   */
  private static RouteAction forward(ProtoMessage m) {
    var clusters = new ArrayList<WeightedCluster>();
    if (m.has(1)) {
      clusters.add(new WeightedCluster(m.text(1), 1));
    }
    for (var weighted : m.message(3).messages(1)) {
      clusters.add(new WeightedCluster(weighted.text(1), weighted.message(2).intNumber(1)));
    }
    return new RouteAction.Forward(
        clusters,
        rewrite(m, 5, 32),
        m.has(6) ? Optional.of(m.text(6)) : Optional.empty(),
        Optional.of(upgrades(m.messages(25))));
  }

  /** UpgradeConfig: upgrade_type 1, enabled 2, which is true if absent. */
  private static Set<RouteAction.Upgrade> upgrades(List<ProtoMessage> configs) {
    var upgrades = EnumSet.copyOf(RouteAction.Upgrade.USUAL);
    for (var config : configs) {
      var upgrade =
          switch (config.text(1)) {
            case "websocket" -> RouteAction.Upgrade.WEBSOCKET;
            case "CONNECT" -> RouteAction.Upgrade.CONNECT;
            default -> throw new DecodeException("upgrade_type: " + config.text(1) + " is unknown");
          };
      if (config.has(2) && !config.message(2).flag(1)) {
        upgrades.remove(upgrade);
      } else {
        upgrades.add(upgrade);
      }
    }
    return upgrades;
  }

  private static Optional<PathRewrite> rewrite(ProtoMessage m, int prefix, int regex) {
    if (m.has(prefix)) {
      return Optional.of(new PathRewrite.ReplacePrefix(m.text(prefix)));
    }
    if (!m.has(regex)) {
      return Optional.empty();
    }
    var rewrite = m.message(regex);
    if (!rewrite.message(1).text(2).equals(WHOLE_PATH)) {
      throw new DecodeException("regex_rewrite: only " + WHOLE_PATH + " is supported");
    }
    return Optional.of(new PathRewrite.ReplaceFull(rewrite.text(2)));
  }

  /**
   * RedirectAction: host_redirect 1, path_redirect 2, response_code 3, prefix_rewrite 5,
   * scheme_redirect 7, port_redirect 8.
   */
  private static RouteAction redirect(ProtoMessage m) {
    int status =
        switch (m.intNumber(3)) {
          case 0 -> 301;
          case 1 -> 302;
          case 2 -> 303;
          case 3 -> 307;
          default -> 308;
        };
    Optional<PathRewrite> path = Optional.empty();
    if (m.has(2)) {
      path = Optional.of(new PathRewrite.ReplaceFull(m.text(2)));
    } else if (m.has(5)) {
      path = Optional.of(new PathRewrite.ReplacePrefix(m.text(5)));
    }
    return new RouteAction.Redirect(
        m.has(7) ? Optional.of(m.text(7)) : Optional.empty(),
        m.has(1) ? Optional.of(m.text(1)) : Optional.empty(),
        m.has(8) ? Optional.of(m.intNumber(8)) : Optional.empty(),
        path,
        status);
  }

  /** HeaderValueOption: header 1 (key 1, value 2), append_action 3 (2 replaces). */
  private static HeaderChanges headers(List<ProtoMessage> options, List<String> remove) {
    var set = new ArrayList<HeaderChanges.Field>();
    var add = new ArrayList<HeaderChanges.Field>();
    for (var option : options) {
      var header = option.message(1);
      var field = new HeaderChanges.Field(header.text(1), header.text(2));
      (option.intNumber(3) == 2 ? set : add).add(field);
    }
    return set.isEmpty() && add.isEmpty() && remove.isEmpty()
        ? HeaderChanges.NONE
        : new HeaderChanges(set, add, remove);
  }
}
