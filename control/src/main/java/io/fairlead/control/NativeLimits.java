package io.fairlead.control;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.RuntimeFeatureFlag;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.ConcurrencyLimitCalculationParams;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.MinimumRTTCalculationParams;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.type.v3.Percent;
import io.fairlead.resilience.AdaptiveLimitSettings;
import io.fairlead.resilience.LimitAlgorithm;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteTable;
import io.fairlead.xds.TypeUrls;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Limits of routes as Envoy enforces them: each kind is an HTTP filter of the listener that does
 * nothing until a route enables it. Its name says which limit it is, and that our own data planes
 * pass it over: they read limits from metadata. Stateless.
 */
final class NativeLimits {
  private static final String LOCAL = TypeUrls.ENVOY_ALONE + "local_rate_limit";
  private static final String ADAPTIVE = TypeUrls.ENVOY_ALONE + "adaptive_limit/";

  /** As few calls at a time as Envoy lets through while it measures; its own default. */
  private static final int MEASURING = 3;

  private NativeLimits() {}

  /** What the routes of a table need in the listener, in the order in which it has to stand. */
  static List<HttpFilter> filters(RouteTable table, Surroundings surroundings) {
    var filters = new LinkedHashMap<String, Message>();
    boolean limited = surroundings.hasLimitedClusters();
    for (var host : table.virtualHosts()) {
      for (var route : host.routes()) {
        if (route.resilience().rateLimit().isPresent()) {
          filters.put(LOCAL, LocalRateLimit.newBuilder().setStatPrefix("route").build());
        }
        var global = route.filters().globalRateLimit();
        global.ifPresent(
            limit -> filters.put(GlobalLimits.name(limit), GlobalLimits.filter(limit)));
        adaptive(route, limited ? callee(route, surroundings) : Optional.empty())
            .ifPresent(limit -> filters.put(limit.name, limit.filter()));
      }
    }
    return filters.entrySet().stream()
        .map(entry -> idle(entry.getKey(), entry.getValue()))
        .toList();
  }

  private static HttpFilter idle(String name, Message config) {
    return HttpFilter.newBuilder()
        .setName(name)
        .setTypedConfig(Any.pack(config))
        .setDisabled(true)
        .build();
  }

  /** What of that a route enables. */
  static Map<String, Any> perFilter(Route route, Surroundings surroundings) {
    var enabled = new LinkedHashMap<String, Any>();
    route
        .resilience()
        .rateLimit()
        .ifPresent(limit -> enabled.put(LOCAL, Any.pack(ListenerEncoder.rateLimit(limit))));
    route
        .filters()
        .globalRateLimit()
        .ifPresent(
            limit -> enabled.put(GlobalLimits.name(limit), Any.pack(GlobalLimits.perRoute(limit))));
    adaptive(route, callee(route, surroundings))
        .ifPresent(
            limit ->
                enabled.put(
                    limit.name,
                    Any.pack(
                        FilterConfig.newBuilder().setConfig(Any.getDefaultInstance()).build())));
    return enabled;
  }

  /** The first cluster that a route leads to. */
  static Optional<Cluster> callee(Route route, Surroundings surroundings) {
    return callee(route).flatMap(surroundings::cluster);
  }

  /** Its name. */
  static Optional<String> callee(Route route) {
    return route.action() instanceof RouteAction.Forward forward
        ? Optional.of(forward.clusters().getFirst().cluster())
        : Optional.empty();
  }

  private record Adaptive(String name, AdaptiveLimitSettings settings) {
    /** Envoy has a gradient of its own; what it does not know of ours it does not do. */
    Message filter() {
      var gradient = (LimitAlgorithm.Gradient) settings.algorithm();
      int measuring = Math.min(settings.maxLimit(), Math.max(settings.minLimit(), MEASURING));
      double buffer = Math.min(100, (gradient.tolerance() - 1) * 100);
      return AdaptiveConcurrency.newBuilder()
          .setEnabled(
              RuntimeFeatureFlag.newBuilder()
                  .setDefaultValue(BoolValue.of(true))
                  .setRuntimeKey("fairlead.adaptive_limit.enabled"))
          .setGradientControllerConfig(
              GradientControllerConfig.newBuilder()
                  .setConcurrencyLimitParams(
                      ConcurrencyLimitCalculationParams.newBuilder()
                          .setMaxConcurrencyLimit(UInt32Value.of(settings.maxLimit()))
                          .setConcurrencyUpdateInterval(Durations.fromMillis(100)))
                  .setMinRttCalcParams(
                      MinimumRTTCalculationParams.newBuilder()
                          .setInterval(Durations.fromSeconds(60))
                          .setMinConcurrency(UInt32Value.of(measuring))
                          .setBuffer(Percent.newBuilder().setValue(buffer))))
          .build();
    }
  }

  /** Of the route itself, or of all that leads to its cluster. */
  private static Optional<Adaptive> adaptive(Route route, Optional<Cluster> callee) {
    var own = route.resilience().adaptiveLimit();
    var shared = callee.flatMap(cluster -> cluster.resilience().adaptiveLimit());
    if (own.isEmpty() && shared.isEmpty() || !(route.action() instanceof RouteAction.Forward)) {
      return Optional.empty();
    }
    return own.isPresent()
        ? gradient(ADAPTIVE + "route/" + route.name(), own.get())
        : gradient(ADAPTIVE + callee.get().name(), shared.get());
  }

  private static Optional<Adaptive> gradient(String name, AdaptiveLimitSettings limit) {
    return limit.algorithm() instanceof LimitAlgorithm.Gradient
        ? Optional.of(new Adaptive(name, limit))
        : Optional.empty();
  }
}
