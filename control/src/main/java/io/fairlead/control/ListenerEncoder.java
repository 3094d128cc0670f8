package io.fairlead.control;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.core.v3.TrafficDirection;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import io.envoyproxy.envoy.extensions.http.original_ip_detection.xff.v3.XffConfig;
import io.envoyproxy.envoy.extensions.http.original_ip_detection.xff.v3.XffTrustedCidrs;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.envoyproxy.envoy.type.v3.Percent;
import io.envoyproxy.envoy.type.v3.TokenBucket;
import io.fairlead.resilience.RateLimitSettings;
import io.fairlead.traffic.ClientTrust;
import io.fairlead.traffic.HttpBounds;
import io.fairlead.traffic.HttpFilter;
import io.fairlead.traffic.Intake.PlainText;
import io.fairlead.traffic.Listener;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Supplier;

/** Listeners to xDS. Stateless. */
final class ListenerEncoder {
  private ListenerEncoder() {}

  static Message listener(Listener listener, Surroundings surroundings) {
    var message =
        io.envoyproxy.envoy.config.listener.v3.Listener.newBuilder()
            .setName(listener.name())
            .setAddress(Encoder.address(listener.address()))
            .setTrafficDirection(
                switch (listener.role()) {
                  case INBOUND -> TrafficDirection.INBOUND;
                  case OUTBOUND -> TrafficDirection.OUTBOUND;
                  case GATEWAY -> TrafficDirection.UNSPECIFIED;
                });
    IntakeEncoder.add(listener, message);
    if (!listener.routeTable().isEmpty()) {
      var limits = surroundings.limits(listener.routeTable());
      http(listener, manager(listener, limits), message);
    }
    OriginalDestinationEncoder.add(listener, message);
    return message.build();
  }

  private static void http(
      Listener listener,
      HttpConnectionManager manager,
      io.envoyproxy.envoy.config.listener.v3.Listener.Builder message) {
    var main = terminate(listener, () -> chain(manager), message);
    if (listener.tls().isPresent() && listener.intakeOrUsual().plainText() == PlainText.SERVED) {
      message.addFilterChains(
          chain(manager)
              .setFilterChainMatch(FilterChainMatch.newBuilder().setTransportProtocol("raw_buffer"))
              .build());
      main.setFilterChainMatch(FilterChainMatch.newBuilder().setTransportProtocol("tls"));
    } else if (IntakeEncoder.takesRest(listener)) {
      main.setFilterChainMatch(
          FilterChainMatch.newBuilder()
              .addAllApplicationProtocols(List.of("http/1.0", "http/1.1", "h2c")));
    }
    message.addFilterChains(main);
  }

  private static FilterChain.Builder chain(HttpConnectionManager manager) {
    return FilterChain.newBuilder()
        .addFilters(
            Filter.newBuilder()
                .setName("envoy.filters.network.http_connection_manager")
                .setTypedConfig(Any.pack(manager)));
  }

  /**
   * Adds a chain for each server that has certificates of its own; they differ in nothing else.
   *
   * @return the chain for all other servers, which is not added yet
   */
  static FilterChain.Builder terminate(
      Listener listener,
      Supplier<FilterChain.Builder> chain,
      io.envoyproxy.envoy.config.listener.v3.Listener.Builder message) {
    var main = chain.get();
    if (listener.tls().isEmpty()) {
      return main;
    }
    var tls = listener.tls().get();
    var byHost = new LinkedHashMap<String, List<String>>();
    for (var named : tls.named()) {
      byHost.computeIfAbsent(named.host(), host -> new ArrayList<>()).add(named.certificate());
    }
    var others = new ArrayList<>(List.of(tls.certificate()));
    others.addAll(byHost.getOrDefault("*", List.of()));
    byHost.remove("*");
    byHost.forEach(
        (host, certificates) ->
            message.addFilterChains(
                chain
                    .get()
                    .setFilterChainMatch(FilterChainMatch.newBuilder().addServerNames(host))
                    .setTransportSocket(TlsEncoder.server(tls, certificates))));
    return main.setTransportSocket(TlsEncoder.server(tls, others));
  }

  private static HttpConnectionManager manager(
      Listener listener,
      List<io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter>
          limits) {
    var manager =
        HttpConnectionManager.newBuilder()
            .setStatPrefix(listener.name())
            .addAllAccessLog(AccessLogEncoder.logs(listener))
            .setRds(
                Rds.newBuilder()
                    .setConfigSource(Encoder.ads())
                    .setRouteConfigName(listener.routeTable()))
            .setTracing(
                HttpConnectionManager.Tracing.newBuilder()
                    .setRandomSampling(Percent.newBuilder().setValue(listener.samplePercent())));
    trust(listener.trust(), manager);
    listener.bounds().ifPresent(bounds -> bound(bounds, manager));
    manager.addUpgradeConfigs(
        HttpConnectionManager.UpgradeConfig.newBuilder().setUpgradeType("websocket"));
    for (var filter : listener.filters()) {
      manager.addHttpFilters(
          switch (filter) {
            case HttpFilter.Rbac rbac -> filter("envoy.filters.http.rbac", rbac(rbac));
            case HttpFilter.ExternalAuthorization external ->
                filter("envoy.filters.http.ext_authz", ExternalEncoder.filter(external));
            case HttpFilter.JwtAuthentication(var providers) ->
                filter("envoy.filters.http.jwt_authn", JwtEncoder.filter(providers));
            case HttpFilter.LocalRateLimit(var settings) ->
                filter("envoy.filters.http.local_ratelimit", rateLimit(settings));
          });
    }
    // Routes configure these two; without configuration they do nothing.
    return manager
        .addHttpFilters(filter(RouteFilterEncoder.CORS, Cors.getDefaultInstance()))
        .addHttpFilters(filter(RouteFilterEncoder.FAULT, HTTPFault.getDefaultInstance()))
        .addAllHttpFilters(limits)
        .addHttpFilters(filter("envoy.filters.http.router", Router.getDefaultInstance()))
        .build();
  }

  private static void bound(HttpBounds bounds, HttpConnectionManager.Builder manager) {
    if (bounds.maxHeadKib() > 0) {
      manager.setMaxRequestHeadersKb(UInt32Value.of(bounds.maxHeadKib()));
    }
    manager.setHttp2ProtocolOptions(
        Http2ProtocolOptions.newBuilder()
            .setMaxConcurrentStreams(UInt32Value.of(bounds.maxStreams()))
            .setInitialStreamWindowSize(UInt32Value.of(bounds.streamWindowBytes()))
            .setInitialConnectionWindowSize(UInt32Value.of(bounds.connectionWindowBytes()))
            .setMaxConsecutiveInboundFramesWithEmptyPayload(
                UInt32Value.of(bounds.maxIdleFrames())));
  }

  private static void trust(ClientTrust trust, HttpConnectionManager.Builder manager) {
    manager.setXffNumTrustedHops(trust.trustedHops());
    if (!trust.trustedProxies().isEmpty()) {
      var proxies = XffTrustedCidrs.newBuilder();
      trust.trustedProxies().forEach(block -> proxies.addCidrs(RbacEncoder.range(block)));
      manager.addOriginalIpDetectionExtensions(
          TypedExtensionConfig.newBuilder()
              .setName("envoy.http.original_ip_detection.xff")
              .setTypedConfig(
                  Any.pack(XffConfig.newBuilder().setXffTrustedCidrs(proxies).build())));
    }
    manager.setCommonHttpProtocolOptions(
        HttpProtocolOptions.newBuilder()
            .setHeadersWithUnderscoresAction(
                switch (trust.underscores()) {
                  case ALLOW -> HttpProtocolOptions.HeadersWithUnderscoresAction.ALLOW;
                  case DROP -> HttpProtocolOptions.HeadersWithUnderscoresAction.DROP_HEADER;
                  case REFUSE -> HttpProtocolOptions.HeadersWithUnderscoresAction.REJECT_REQUEST;
                }));
  }

  private static io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3
          .HttpFilter
      filter(String name, Message config) {
    return io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter
        .newBuilder()
        .setName(name)
        .setTypedConfig(Any.pack(config))
        .build();
  }

  static Message rateLimit(RateLimitSettings settings) {
    var always =
        RuntimeFractionalPercent.newBuilder()
            .setDefaultValue(
                FractionalPercent.newBuilder()
                    .setNumerator(100)
                    .setDenominator(FractionalPercent.DenominatorType.HUNDRED));
    return LocalRateLimit.newBuilder()
        .setStatPrefix(
            // Envoy knows the token bucket alone; our own sidecars read the algorithm here.
            switch (settings.algorithm()) {
              case TOKEN_BUCKET -> "local_rate_limit";
              case SLIDING_WINDOW -> "local_rate_limit_sliding_window";
              case LEAKY_BUCKET -> "local_rate_limit_leaky_bucket";
            })
        .setTokenBucket(
            TokenBucket.newBuilder()
                .setMaxTokens(settings.limit())
                .setTokensPerFill(UInt32Value.of(settings.limit()))
                .setFillInterval(Durations.fromNanos(settings.period().toNanos())))
        .setFilterEnabled(always)
        .setFilterEnforced(always)
        .build();
  }

  private static Message rbac(HttpFilter.Rbac filter) {
    var rules =
        RBAC.newBuilder()
            .setAction(
                switch (filter.action()) {
                  case ALLOW -> RBAC.Action.ALLOW;
                  case DENY -> RBAC.Action.DENY;
                });
    for (var rule : filter.rules()) {
      rules.putPolicies(rule.name(), RbacEncoder.policy(rule));
    }
    return io.envoyproxy
        .envoy
        .extensions
        .filters
        .http
        .rbac
        .v3
        .RBAC
        .newBuilder()
        .setRules(rules)
        .build();
  }
}
