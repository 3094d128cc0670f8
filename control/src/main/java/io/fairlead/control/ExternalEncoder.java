package io.fairlead.control;

import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.HttpUri;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.AuthorizationResponse;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.BufferSettings;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.HttpService;
import io.envoyproxy.envoy.type.matcher.v3.ListStringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization;
import java.time.Duration;
import java.util.List;

/** External authorization to xDS. Stateless. */
final class ExternalEncoder {
  private ExternalEncoder() {}

  static Message filter(ExternalAuthorization filter) {
    var message =
        ExtAuthz.newBuilder()
            .setTransportApiVersion(ApiVersion.V3)
            .setFailureModeAllow(filter.failureMode() == ExternalAuthorization.FailureMode.ALLOW);
    switch (filter.service()) {
      case ExternalAuthorization.Service.Http http ->
          message.setHttpService(http(http, filter.cluster(), filter.timeout()));
      case ExternalAuthorization.Service.Grpc(var extensions) -> {
        message.setGrpcService(
            GrpcService.newBuilder()
                .setEnvoyGrpc(GrpcService.EnvoyGrpc.newBuilder().setClusterName(filter.cluster()))
                .setTimeout(Durations.fromNanos(filter.timeout().toNanos())));
        // Envoy itself has extensions of routes only; ours read those of the filter here.
        if (!extensions.isEmpty()) {
          var metadata = Struct.newBuilder();
          extensions.forEach(
              (key, value) ->
                  metadata.putFields(key, Value.newBuilder().setStringValue(value).build()));
          message.setFilterMetadata(metadata);
        }
      }
    }
    if (filter.errorStatus() != ExternalAuthorization.FORBIDDEN) {
      message.setStatusOnError(HttpStatus.newBuilder().setCodeValue(filter.errorStatus()));
    }
    filter
        .body()
        .ifPresent(
            body ->
                message.setWithRequestBody(
                    BufferSettings.newBuilder()
                        .setMaxRequestBytes(body.maxBytes())
                        .setAllowPartialMessage(
                            body.longer() == ExternalAuthorization.CheckedBody.Longer.CUT)));
    if (!filter.requestHeaders().isEmpty()) {
      message.setAllowedHeaders(names(filter.requestHeaders()));
    }
    return message.build();
  }

  private static HttpService http(
      ExternalAuthorization.Service.Http http, String cluster, Duration timeout) {
    var response = AuthorizationResponse.newBuilder();
    if (!http.upstreamHeaders().isEmpty()) {
      response.setAllowedUpstreamHeaders(names(http.upstreamHeaders()));
    }
    if (!http.clientHeaders().isEmpty()) {
      response.setAllowedClientHeaders(names(http.clientHeaders()));
    }
    return HttpService.newBuilder()
        .setServerUri(
            HttpUri.newBuilder()
                .setUri("http://" + cluster)
                .setCluster(cluster)
                .setTimeout(Durations.fromNanos(timeout.toNanos())))
        .setPathPrefix(http.pathPrefix())
        .setAuthorizationResponse(response)
        .build();
  }

  private static ListStringMatcher names(List<String> names) {
    return ListStringMatcher.newBuilder()
        .addAllPatterns(
            names.stream().map(name -> StringMatcher.newBuilder().setExact(name).build()).toList())
        .build();
  }
}
