package io.fairlead.control;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.UInt64Value;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.ratelimit.v3.RateLimitServiceConfig;
import io.envoyproxy.envoy.config.route.v3.RateLimit.Action;
import io.envoyproxy.envoy.config.route.v3.RateLimit.HitsAddend;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit.XRateLimitHeadersRFCVersion;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute;
import io.envoyproxy.envoy.extensions.rate_limit_descriptors.expr.v3.Descriptor;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.envoyproxy.envoy.type.v3.StatusCode;
import io.fairlead.traffic.GlobalRateLimit;
import io.fairlead.traffic.GlobalRateLimit.Entry;
import io.fairlead.traffic.GlobalRateLimit.FailureMode;
import io.fairlead.xds.TypeUrls;

/**
 * Limits that a service counts, as Envoy's rate limit filter: the listener has one for each way to
 * ask a service, and routes say what of their requests it is told. Stateless.
 */
final class GlobalLimits {
  private GlobalLimits() {}

  /** Of the filter that asks this service in this way; equal ways have equal names. */
  static String name(GlobalRateLimit limit) {
    return TypeUrls.ENVOY_ALONE
        + String.join(
            "/",
            "rate_limit",
            limit.cluster(),
            limit.domain(),
            limit.timeout().toString(),
            limit.failureMode().name());
  }

  static Message filter(GlobalRateLimit limit) {
    return RateLimit.newBuilder()
        .setDomain(limit.domain())
        .setTimeout(Durations.fromNanos(limit.timeout().toNanos()))
        .setFailureModeDeny(limit.failureMode() == FailureMode.REFUSE)
        .setStatusOnError(HttpStatus.newBuilder().setCode(StatusCode.ServiceUnavailable))
        .setRateLimitedAsResourceExhausted(true)
        .setEnableXRatelimitHeaders(XRateLimitHeadersRFCVersion.DRAFT_VERSION_03)
        .setRateLimitService(
            RateLimitServiceConfig.newBuilder()
                .setTransportApiVersion(ApiVersion.V3)
                .setGrpcService(
                    GrpcService.newBuilder()
                        .setEnvoyGrpc(
                            GrpcService.EnvoyGrpc.newBuilder().setClusterName(limit.cluster()))))
        .build();
  }

  static Message perRoute(GlobalRateLimit limit) {
    var route = RateLimitPerRoute.newBuilder();
    for (var descriptor : limit.descriptors()) {
      var counted = io.envoyproxy.envoy.config.route.v3.RateLimit.newBuilder();
      descriptor.entries().stream().map(GlobalLimits::action).forEach(counted::addActions);
      if (descriptor.hits() > 1) {
        counted.setHitsAddend(HitsAddend.newBuilder().setNumber(UInt64Value.of(descriptor.hits())));
      }
      route.addRateLimits(counted);
    }
    return route.build();
  }

  private static Action action(Entry entry) {
    var action = Action.newBuilder();
    switch (entry) {
      case Entry.SourceCluster() ->
          action.setSourceCluster(Action.SourceCluster.getDefaultInstance());
      case Entry.DestinationCluster() ->
          action.setDestinationCluster(Action.DestinationCluster.getDefaultInstance());
      case Entry.RemoteAddress() ->
          action.setRemoteAddress(Action.RemoteAddress.getDefaultInstance());
      case Entry.Path() -> action.setExtension(path());
      case Entry.RequestHeader(var name, var key, var absence) ->
          action.setRequestHeaders(
              Action.RequestHeaders.newBuilder()
                  .setHeaderName(name)
                  .setDescriptorKey(key)
                  .setSkipIfAbsent(absence == Entry.RequestHeader.Absence.ENTRY_LEFT_OUT));
      case Entry.GenericKey(var key, var value) ->
          action.setGenericKey(
              Action.GenericKey.newBuilder().setDescriptorKey(key).setDescriptorValue(value));
      case Entry.HeaderValueMatch(var key, var value, var headers) ->
          action.setHeaderValueMatch(
              Action.HeaderValueMatch.newBuilder()
                  .setDescriptorKey(key)
                  .setDescriptorValue(value)
                  .addAllHeaders(headers.stream().map(RouteMatchEncoder::header).toList()));
    }
    return action.build();
  }

  /** The pseudo-header would have the query, too. */
  private static TypedExtensionConfig path() {
    return TypedExtensionConfig.newBuilder()
        .setName("envoy.rate_limit_descriptors.expr")
        .setTypedConfig(
            Any.pack(
                Descriptor.newBuilder()
                    .setDescriptorKey("path")
                    .setText("request.url_path")
                    .build()))
        .build();
  }
}
