package io.fairlead.control;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.RouteAction.RequestMirrorPolicy;
import io.envoyproxy.envoy.extensions.filters.common.fault.v3.FaultDelay;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.FaultAbort;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.fairlead.traffic.RouteFilters;
import io.fairlead.traffic.RouteFilters.Cors.Credentials;
import io.fairlead.traffic.Share;
import java.util.LinkedHashMap;
import java.util.Map;

/** What routes do beside their action to xDS. Stateless. */
final class RouteFilterEncoder {
  static final String CORS = "envoy.filters.http.cors";
  static final String FAULT = "envoy.filters.http.fault";

  private RouteFilterEncoder() {}

  /** Configuration of a route for the filters of its listener, by the name of the filter. */
  static Map<String, Any> perFilter(RouteFilters filters) {
    var configuration = new LinkedHashMap<String, Any>();
    filters.cors().ifPresent(cors -> configuration.put(CORS, Any.pack(cors(cors))));
    filters.fault().ifPresent(fault -> configuration.put(FAULT, Any.pack(fault(fault))));
    return configuration;
  }

  static RequestMirrorPolicy mirror(RouteFilters.Mirror mirror) {
    return RequestMirrorPolicy.newBuilder()
        .setCluster(mirror.cluster())
        .setRuntimeFraction(
            RuntimeFractionalPercent.newBuilder().setDefaultValue(percent(mirror.share())))
        .build();
  }

  private static CorsPolicy cors(RouteFilters.Cors cors) {
    return CorsPolicy.newBuilder()
        .addAllAllowOriginStringMatch(cors.allowOrigins().stream().map(Encoder::matcher).toList())
        .setAllowMethods(String.join(",", cors.allowMethods()))
        .setAllowHeaders(String.join(",", cors.allowHeaders()))
        .setExposeHeaders(String.join(",", cors.exposeHeaders()))
        .setMaxAge(Long.toString(cors.maxAge().toSeconds()))
        .setAllowCredentials(BoolValue.of(cors.credentials() == Credentials.ALLOWED))
        .build();
  }

  private static HTTPFault fault(RouteFilters.FaultInjection fault) {
    var message = HTTPFault.newBuilder();
    fault
        .delay()
        .ifPresent(
            delay ->
                message.setDelay(
                    FaultDelay.newBuilder()
                        .setFixedDelay(Durations.fromNanos(delay.fixed().toNanos()))
                        .setPercentage(percent(delay.share()))));
    fault
        .abort()
        .ifPresent(
            abort ->
                message.setAbort(
                    FaultAbort.newBuilder()
                        .setHttpStatus(abort.status())
                        .setPercentage(percent(abort.share()))));
    fault.headers().forEach(header -> message.addHeaders(RouteMatchEncoder.header(header)));
    return message.build();
  }

  private static FractionalPercent percent(Share share) {
    return FractionalPercent.newBuilder()
        .setNumerator(share.perMillion())
        .setDenominator(FractionalPercent.DenominatorType.MILLION)
        .build();
  }
}
