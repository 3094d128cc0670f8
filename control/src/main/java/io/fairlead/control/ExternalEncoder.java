package io.fairlead.control;

import com.google.protobuf.Message;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.HttpUri;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.AuthorizationResponse;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.HttpService;
import io.envoyproxy.envoy.type.matcher.v3.ListStringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization;
import java.util.List;

/** External authorization to xDS. Stateless. */
final class ExternalEncoder {
  private ExternalEncoder() {}

  static Message filter(ExternalAuthorization filter) {
    var response = AuthorizationResponse.newBuilder();
    if (!filter.upstreamHeaders().isEmpty()) {
      response.setAllowedUpstreamHeaders(names(filter.upstreamHeaders()));
    }
    if (!filter.clientHeaders().isEmpty()) {
      response.setAllowedClientHeaders(names(filter.clientHeaders()));
    }
    var message =
        ExtAuthz.newBuilder()
            .setFailureModeAllow(filter.failureMode() == ExternalAuthorization.FailureMode.ALLOW)
            .setHttpService(
                HttpService.newBuilder()
                    .setServerUri(
                        HttpUri.newBuilder()
                            .setUri("http://" + filter.cluster())
                            .setCluster(filter.cluster())
                            .setTimeout(Durations.fromNanos(filter.timeout().toNanos())))
                    .setPathPrefix(filter.pathPrefix())
                    .setAuthorizationResponse(response));
    if (!filter.requestHeaders().isEmpty()) {
      message.setAllowedHeaders(names(filter.requestHeaders()));
    }
    return message.build();
  }

  private static ListStringMatcher names(List<String> names) {
    return ListStringMatcher.newBuilder()
        .addAllPatterns(
            names.stream().map(name -> StringMatcher.newBuilder().setExact(name).build()).toList())
        .build();
  }
}
