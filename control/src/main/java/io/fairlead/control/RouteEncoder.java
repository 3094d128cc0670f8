package io.fairlead.control;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.UnsafeByteOperations;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.RedirectAction.RedirectResponseCode;
import io.envoyproxy.envoy.config.route.v3.RouteAction.UpgradeConfig;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatchAndSubstitute;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteAction.PathRewrite;
import io.fairlead.traffic.RouteTable;
import io.fairlead.xds.PolicyWire;
import java.io.IOException;
import java.util.List;

/** Route tables to xDS. Stateless. */
final class RouteEncoder {
  /** The whole path without the query, as the decoder expects it. */
  private static final String WHOLE_PATH = "^[^?]*";

  private RouteEncoder() {}

  /** RouteConfiguration, whose virtual hosts and their routes follow all that is beside them. */
  static ByteString table(RouteTable table, Surroundings surroundings, RouteOctets routes) {
    var hosts =
        table.virtualHosts().stream()
            .map(host -> host(table.name(), host, surroundings, routes))
            .toList();
    var message =
        RouteConfiguration.newBuilder()
            .setName(table.name())
            .setIgnorePortInHostMatching(true)
            .setValidateClusters(BoolValue.of(false))
            .build();
    return with(message, RouteConfiguration.VIRTUAL_HOSTS_FIELD_NUMBER, hosts);
  }

  private static ByteString host(
      String table, RouteTable.VirtualHost host, Surroundings surroundings, RouteOctets routes) {
    var message =
        VirtualHost.newBuilder().setName(host.name()).addAllDomains(host.domains()).build();
    return with(message, VirtualHost.ROUTES_FIELD_NUMBER, routes.of(table, host, surroundings));
  }

  /** The message with a repeated field of messages that have their wire form already. */
  private static ByteString with(Message message, int field, List<ByteString> values) {
    int size = message.getSerializedSize();
    for (var value : values) {
      size += CodedOutputStream.computeBytesSize(field, value);
    }
    var octets = new byte[size];
    try {
      var out = CodedOutputStream.newInstance(octets);
      message.writeTo(out);
      for (var value : values) {
        out.writeBytes(field, value);
      }
      out.checkNoSpaceLeft();
    } catch (IOException impossible) {
      throw new IllegalStateException("an array of " + size + " octets took none", impossible);
    }
    return UnsafeByteOperations.unsafeWrap(octets);
  }

  static io.envoyproxy.envoy.config.route.v3.Route route(Route route, Surroundings surroundings) {
    var message =
        io.envoyproxy.envoy.config.route.v3.Route.newBuilder()
            .setName(route.name())
            .setMatch(RouteMatchEncoder.match(route.match()))
            .addAllRequestHeadersToAdd(fields(route.requestHeaders()))
            .addAllRequestHeadersToRemove(route.requestHeaders().remove())
            .addAllResponseHeadersToAdd(fields(route.responseHeaders()))
            .addAllResponseHeadersToRemove(route.responseHeaders().remove());
    switch (route.action()) {
      case RouteAction.Forward forward -> message.setRoute(forward(route, forward, surroundings));
      case RouteAction.Redirect redirect -> message.setRedirect(redirect(redirect));
      case RouteAction.DirectResponse(int status, var body) ->
          message.setDirectResponse(
              DirectResponseAction.newBuilder()
                  .setStatus(status)
                  .setBody(DataSource.newBuilder().setInlineString(body)));
    }
    RouteFilterEncoder.perFilter(route.filters()).forEach(message::putTypedPerFilterConfig);
    NativeLimits.perFilter(route, surroundings).forEach(message::putTypedPerFilterConfig);
    var policy = PolicyWire.route(route);
    if (!policy.isEmpty()) {
      message.setMetadata(
          ClusterEncoder.metadata(
              Any.newBuilder().setTypeUrl(PolicyWire.ROUTE_POLICY).setValue(policy).build()));
    }
    return message.build();
  }

  private static io.envoyproxy.envoy.config.route.v3.RouteAction forward(
      Route route, RouteAction.Forward forward, Surroundings surroundings) {
    var message = io.envoyproxy.envoy.config.route.v3.RouteAction.newBuilder();
    var clusters = forward.clusters();
    if (clusters.size() == 1 && clusters.getFirst().weight() == 1) {
      message.setCluster(clusters.getFirst().cluster());
    } else {
      var weighted = WeightedCluster.newBuilder();
      for (var cluster : clusters) {
        weighted.addClusters(
            WeightedCluster.ClusterWeight.newBuilder()
                .setName(cluster.cluster())
                .setWeight(UInt32Value.of(cluster.weight())));
      }
      message.setWeightedClusters(weighted);
    }
    forward.hostRewrite().ifPresent(message::setHostRewriteLiteral);
    if (forward.pathRewrite().isPresent()) {
      switch (forward.pathRewrite().get()) {
        case PathRewrite.ReplacePrefix(var prefix) -> message.setPrefixRewrite(prefix);
        case PathRewrite.ReplaceFull(var path) ->
            message.setRegexRewrite(
                RegexMatchAndSubstitute.newBuilder()
                    .setPattern(RegexMatcher.newBuilder().setRegex(WHOLE_PATH))
                    .setSubstitution(path));
      }
    }
    upgrades(forward, message);
    RoutePolicyEncoder.add(route, NativeLimits.callee(route, surroundings), message);
    route.filters().mirrors().stream()
        .map(RouteFilterEncoder::mirror)
        .forEach(message::addRequestMirrorPolicies);
    return message.build();
  }

  /** What differs from the connection manager, which allows WebSockets. */
  private static void upgrades(
      RouteAction.Forward forward,
      io.envoyproxy.envoy.config.route.v3.RouteAction.Builder message) {
    if (!forward.allowed().contains(RouteAction.Upgrade.WEBSOCKET)) {
      message.addUpgradeConfigs(
          UpgradeConfig.newBuilder().setUpgradeType("websocket").setEnabled(BoolValue.of(false)));
    }
    if (forward.allowed().contains(RouteAction.Upgrade.CONNECT)) {
      message.addUpgradeConfigs(
          UpgradeConfig.newBuilder()
              .setUpgradeType("CONNECT")
              .setConnectConfig(UpgradeConfig.ConnectConfig.getDefaultInstance()));
    }
  }

  private static RedirectAction redirect(RouteAction.Redirect redirect) {
    var message =
        RedirectAction.newBuilder()
            .setResponseCode(
                switch (redirect.status()) {
                  case 301 -> RedirectResponseCode.MOVED_PERMANENTLY;
                  case 302 -> RedirectResponseCode.FOUND;
                  case 303 -> RedirectResponseCode.SEE_OTHER;
                  case 307 -> RedirectResponseCode.TEMPORARY_REDIRECT;
                  default -> RedirectResponseCode.PERMANENT_REDIRECT;
                });
    redirect.scheme().ifPresent(message::setSchemeRedirect);
    redirect.host().ifPresent(message::setHostRedirect);
    redirect.port().ifPresent(message::setPortRedirect);
    if (redirect.path().isPresent()) {
      switch (redirect.path().get()) {
        case PathRewrite.ReplacePrefix(var prefix) -> message.setPrefixRewrite(prefix);
        case PathRewrite.ReplaceFull(var path) -> message.setPathRedirect(path);
      }
    }
    return message.build();
  }

  private static List<HeaderValueOption> fields(HeaderChanges changes) {
    var replace = HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD;
    var append = HeaderValueOption.HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD;
    return java.util.stream.Stream.concat(
            changes.set().stream().map(field -> option(field, replace)),
            changes.add().stream().map(field -> option(field, append)))
        .toList();
  }

  private static HeaderValueOption option(
      HeaderChanges.Field field, HeaderValueOption.HeaderAppendAction action) {
    return HeaderValueOption.newBuilder()
        .setHeader(HeaderValue.newBuilder().setKey(field.name()).setValue(field.value()))
        .setAppendAction(action)
        .build();
  }
}
