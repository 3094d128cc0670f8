package io.fairlead.control;

import com.google.protobuf.Duration;
import com.google.protobuf.Empty;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.HttpUri;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtClaimToHeader;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtHeader;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementOrList;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RemoteJwks;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RequirementRule;
import io.fairlead.traffic.JwtProvider;
import java.util.List;

/** Providers of tokens to xDS. Stateless. */
final class JwtEncoder {
  private static final Duration FIVE_MINUTES = Duration.newBuilder().setSeconds(300).build();
  private static final Duration FETCH_TIMEOUT = Duration.newBuilder().setSeconds(5).build();

  private JwtEncoder() {}

  static Message filter(List<JwtProvider> providers) {
    var message = JwtAuthentication.newBuilder();
    var any = JwtRequirementOrList.newBuilder();
    for (var provider : providers) {
      message.putProviders(provider.issuer(), provider(provider));
      any.addRequirements(JwtRequirement.newBuilder().setProviderName(provider.issuer()));
    }
    // A request without a token passes; what it may do is for the rules of authorization.
    any.addRequirements(JwtRequirement.newBuilder().setAllowMissing(Empty.getDefaultInstance()));
    return message
        .addRules(
            RequirementRule.newBuilder()
                .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                .setRequires(JwtRequirement.newBuilder().setRequiresAny(any)))
        .build();
  }

  private static io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider provider(
      JwtProvider provider) {
    var message =
        io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider.newBuilder()
            .setIssuer(provider.issuer())
            .addAllAudiences(provider.audiences())
            .addAllFromParams(provider.fromParams())
            .setPayloadInMetadata("payload")
            .setForward(provider.forwarding() == JwtProvider.Forwarding.KEPT);
    switch (provider.keys()) {
      case JwtProvider.Keys.Inline(var jwks) ->
          message.setLocalJwks(DataSource.newBuilder().setInlineString(jwks));
      case JwtProvider.Keys.Remote(var uri) ->
          message.setRemoteJwks(
              RemoteJwks.newBuilder()
                  .setHttpUri(
                      HttpUri.newBuilder()
                          .setUri(uri)
                          .setCluster("jwks|" + provider.issuer())
                          .setTimeout(FETCH_TIMEOUT))
                  .setCacheDuration(FIVE_MINUTES));
    }
    for (var header : provider.fromHeaders()) {
      message.addFromHeaders(
          JwtHeader.newBuilder().setName(header.name()).setValuePrefix(header.prefix()));
    }
    for (var header : provider.claimHeaders()) {
      message.addClaimToHeaders(
          JwtClaimToHeader.newBuilder()
              .setHeaderName(header.header())
              .setClaimName(header.claim()));
    }
    return message.build();
  }
}
