package io.fairlead.control;

import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.NonForwardingAction;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteAction.HashPolicy;
import io.envoyproxy.envoy.config.route.v3.RouteAction.MaxStreamDuration;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Cluster.HashKey;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.Route.PathMatch;
import io.fairlead.traffic.Route.ValueMatch;
import io.fairlead.traffic.Route.ValueMatch.Sense;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.StringMatch;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Route tables for gRPC libraries. Stateless.
 *
 * <p>One route that they cannot read costs them the whole table. So a condition that no call of
 * theirs meets, or that they do not know, takes its route away, as gRFC A28 has it for parameters
 * of queries; and where there is an answer instead of a cluster, calls fail, since the route would
 * otherwise leave them to the next one.
 */
final class GrpcRouteEncoder {
  /** The conditions of retries that they know (gRFC A44). */
  private static final Set<String> RETRIED =
      Set.of("cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable");

  /** These statuses of HTTP are UNAVAILABLE to them. */
  private static final Set<String> UNAVAILABLE = Set.of("gateway-error", "5xx");

  private GrpcRouteEncoder() {}

  static RouteConfiguration table(RouteTable table, Map<String, Cluster> clusters) {
    var message = RouteConfiguration.newBuilder().setName(table.name());
    for (var host : table.virtualHosts()) {
      message.addVirtualHosts(
          VirtualHost.newBuilder()
              .setName(host.name())
              .addAllDomains(host.domains())
              .addAllRoutes(host.routes().stream().flatMap(r -> routes(r, clusters)).toList()));
    }
    return message.build();
  }

  private static Stream<io.envoyproxy.envoy.config.route.v3.Route> routes(
      Route route, Map<String, Cluster> clusters) {
    return match(route.match()).stream()
        .map(
            match -> {
              var message =
                  io.envoyproxy.envoy.config.route.v3.Route.newBuilder()
                      .setName(route.name())
                      .setMatch(match);
              return switch (route.action()) {
                case io.fairlead.traffic.RouteAction.Forward forward ->
                    message.setRoute(forward(route, forward, clusters)).build();
                case io.fairlead.traffic.RouteAction.Redirect redirect -> fail(message);
                case io.fairlead.traffic.RouteAction.DirectResponse response -> fail(message);
              };
            });
  }

  private static io.envoyproxy.envoy.config.route.v3.Route fail(
      io.envoyproxy.envoy.config.route.v3.Route.Builder message) {
    return message.setNonForwardingAction(NonForwardingAction.getDefaultInstance()).build();
  }

  private static Optional<RouteMatch> match(Route.Match match) {
    boolean called = match.methods().isEmpty() || match.methods().contains("POST");
    if (!called || !match.query().isEmpty()) {
      return Optional.empty();
    }
    var message = RouteMatch.newBuilder();
    switch (match.path()) {
      case PathMatch.Exact(var path) -> message.setPath(path);
      case PathMatch.Prefix(var prefix) -> prefix(prefix, message);
      case PathMatch.Regex(var expression) -> message.setSafeRegex(Encoder.regex(expression));
      case PathMatch.Template template -> {
        return Optional.empty();
      }
    }
    for (var header : match.headers()) {
      // To them a header that is absent differs from nothing.
      if (header.sense() == Sense.DIFFERS && !(header.value() instanceof StringMatch.Present)) {
        return Optional.empty();
      }
      message.addHeaders(header(header));
    }
    return Optional.of(message.build());
  }

  private static HeaderMatcher header(ValueMatch condition) {
    return RouteMatchEncoder.header(condition).toBuilder().clearTreatMissingHeaderAsEmpty().build();
  }

  /** They have prefixes of octets only, and ours end at a slash. */
  private static void prefix(String prefix, RouteMatch.Builder message) {
    if (prefix.equals("/")) {
      message.setPrefix("/");
      return;
    }
    var literal =
        Arrays.stream(prefix.split(""))
            .map(sign -> sign.matches("[0-9A-Za-z/_-]") ? sign : "\\" + sign)
            .collect(Collectors.joining());
    message.setSafeRegex(Encoder.regex(literal + "(/.*)?"));
  }

  private static RouteAction forward(
      Route route, io.fairlead.traffic.RouteAction.Forward forward, Map<String, Cluster> clusters) {
    var weighted = WeightedCluster.newBuilder();
    for (var cluster : forward.clusters()) {
      weighted.addClusters(
          WeightedCluster.ClusterWeight.newBuilder()
              .setName(cluster.cluster())
              .setWeight(UInt32Value.of(cluster.weight())));
    }
    var message = RouteAction.newBuilder().setWeightedClusters(weighted);
    var callee = Optional.ofNullable(clusters.get(forward.clusters().getFirst().cluster()));
    var asForEnvoy = RouteAction.newBuilder();
    RoutePolicyEncoder.add(route, callee, asForEnvoy);
    if (asForEnvoy.getTimeout().getSeconds() > 0 || asForEnvoy.getTimeout().getNanos() > 0) {
      message.setMaxStreamDuration(
          MaxStreamDuration.newBuilder().setMaxStreamDuration(asForEnvoy.getTimeout()));
    }
    retry(asForEnvoy.getRetryPolicy()).ifPresent(message::setRetryPolicy);
    callee
        .map(Cluster::loadBalancing)
        .flatMap(GrpcRouteEncoder::hash)
        .ifPresent(message::addHashPolicy);
    return message.build();
  }

  private static Optional<RetryPolicy> retry(RetryPolicy whole) {
    var on =
        Stream.of(whole.getRetryOn().split(","))
            .map(condition -> UNAVAILABLE.contains(condition) ? "unavailable" : condition)
            .filter(RETRIED::contains)
            .distinct()
            .toList();
    if (on.isEmpty() || whole.getNumRetries().getValue() == 0) {
      return Optional.empty();
    }
    return Optional.of(
        RetryPolicy.newBuilder()
            .setRetryOn(String.join(",", on))
            .setNumRetries(whole.getNumRetries())
            .setRetryBackOff(whole.getRetryBackOff())
            .build());
  }

  /** Of the keys they have headers alone. */
  private static Optional<HashPolicy> hash(LoadBalancing balancing) {
    var key =
        switch (balancing) {
          case LoadBalancing.RingHash ring -> ring.key();
          case LoadBalancing.Maglev maglev -> maglev.key();
          case LoadBalancing.Simple simple -> null;
          case LoadBalancing.PeakEwma peak -> null;
        };
    return key instanceof HashKey.Header(var name)
        ? Optional.of(
            HashPolicy.newBuilder()
                .setHeader(HashPolicy.Header.newBuilder().setHeaderName(name))
                .build())
        : Optional.empty();
  }
}
