package io.fairlead.cli;

import io.fairlead.config.Suggestion;
import java.util.Locale;
import java.util.Map;

/** The kinds by the names that users type. Stateless. */
final class Kinds {
  private static final Map<String, String> BY_NAME =
      Map.ofEntries(
          Map.entry("gateway", "Gateway"),
          Map.entry("gateways", "Gateway"),
          Map.entry("httproute", "HTTPRoute"),
          Map.entry("httproutes", "HTTPRoute"),
          Map.entry("grpcroute", "GRPCRoute"),
          Map.entry("grpcroutes", "GRPCRoute"),
          Map.entry("service", "Service"),
          Map.entry("services", "Service"),
          Map.entry("serviceentry", "ServiceEntry"),
          Map.entry("serviceentries", "ServiceEntry"),
          Map.entry("resiliencepolicy", "ResiliencePolicy"),
          Map.entry("resiliencepolicies", "ResiliencePolicy"),
          Map.entry("healthcheckpolicy", "HealthCheckPolicy"),
          Map.entry("healthcheckpolicies", "HealthCheckPolicy"),
          Map.entry("backendtlspolicy", "BackendTLSPolicy"),
          Map.entry("backendtlspolicies", "BackendTLSPolicy"),
          Map.entry("destinationrule", "DestinationRule"),
          Map.entry("destinationrules", "DestinationRule"),
          Map.entry("authorizationpolicy", "AuthorizationPolicy"),
          Map.entry("authorizationpolicies", "AuthorizationPolicy"),
          Map.entry("clientpolicy", "ClientPolicy"),
          Map.entry("clientpolicies", "ClientPolicy"),
          Map.entry("requestauthentication", "RequestAuthentication"),
          Map.entry("requestauthentications", "RequestAuthentication"),
          Map.entry("externalauthorization", "ExternalAuthorization"),
          Map.entry("externalauthorizations", "ExternalAuthorization"),
          Map.entry("routepolicy", "RoutePolicy"),
          Map.entry("routepolicies", "RoutePolicy"),
          Map.entry("securitypolicy", "SecurityPolicy"),
          Map.entry("securitypolicies", "SecurityPolicy"),
          Map.entry("connectionpolicy", "ConnectionPolicy"),
          Map.entry("connectionpolicies", "ConnectionPolicy"),
          Map.entry("ratelimitpolicy", "RateLimitPolicy"),
          Map.entry("ratelimitpolicies", "RateLimitPolicy"),
          Map.entry("ratelimitdomain", "RateLimitDomain"),
          Map.entry("ratelimitdomains", "RateLimitDomain"),
          Map.entry("accesslog", "AccessLog"),
          Map.entry("accesslogs", "AccessLog"),
          Map.entry("tcproute", "TCPRoute"),
          Map.entry("tcproutes", "TCPRoute"),
          Map.entry("tlsroute", "TLSRoute"),
          Map.entry("tlsroutes", "TLSRoute"),
          Map.entry("peerauthentication", "PeerAuthentication"),
          Map.entry("peerauthentications", "PeerAuthentication"),
          Map.entry("secret", "Secret"),
          Map.entry("secrets", "Secret"),
          Map.entry("configmap", "ConfigMap"),
          Map.entry("configmaps", "ConfigMap"));

  private Kinds() {}

  static String of(String typed) {
    var kind = BY_NAME.get(typed.toLowerCase(Locale.ROOT));
    if (kind == null) {
      var nearest = Suggestion.nearest(typed, BY_NAME.keySet());
      throw new CommandException(
          "there is no kind '"
              + typed
              + "'"
              + nearest.map(n -> "; did you mean '" + n + "'?").orElse(""));
    }
    return kind;
  }
}
