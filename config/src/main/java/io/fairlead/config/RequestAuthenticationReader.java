package io.fairlead.config;

import io.fairlead.config.ExternalAuthorization.CheckedBody;
import io.fairlead.config.ExternalAuthorization.FailureMode;
import io.fairlead.config.ExternalAuthorization.Protocol;
import io.fairlead.config.Manifest.Metadata;
import io.fairlead.config.Manifest.RequestAuthentication;
import io.fairlead.config.Manifest.RequestAuthentication.ClaimHeader;
import io.fairlead.config.Manifest.RequestAuthentication.Forwarding;
import io.fairlead.config.Manifest.RequestAuthentication.FromHeader;
import io.fairlead.config.Manifest.RequestAuthentication.JwtRule;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/** Reads RequestAuthentication (Istio security/v1) and ExternalAuthorization. Stateless. */
final class RequestAuthenticationReader {
  private RequestAuthenticationReader() {}

  static Manifest read(Metadata metadata, Fields spec) {
    var targets = ManifestReader.refs(spec, List.of("Service", "Gateway"));
    var rules = spec.objects("jwtRules", RequestAuthenticationReader::rule);
    var issuers = new HashSet<String>();
    for (var rule : rules) {
      if (!issuers.add(rule.issuer())) {
        spec.fault("jwtRules", "must have one rule for each issuer, has two for " + rule.issuer());
      }
    }
    return new RequestAuthentication(metadata, targets, rules);
  }

  /** Reads the spec of an ExternalAuthorization. */
  static Manifest external(Metadata metadata, Fields spec) {
    var targets = ManifestReader.targets(spec, List.of("Service", "Gateway"));
    var service = ManifestReader.backend(spec);
    var timeout = ManifestReader.backendTimeout(spec, Duration.ofMillis(200));
    return new ExternalAuthorization(
        metadata,
        targets,
        service,
        protocol(spec),
        timeout,
        spec.choice("failureMode", FailureMode.class).orElse(FailureMode.REFUSE),
        spec.integer("statusOnError", 400, 599).orElse(403),
        spec.object("includeRequestBodyInCheck", RequestAuthenticationReader::body),
        names(spec, "requestHeaders"));
  }

  /** By gRPC if there is a block of that name; it has nothing of what is said of HTTP. */
  private static Protocol protocol(Fields spec) {
    var prefix = spec.text("pathPrefix").orElse("");
    if (!prefix.matches("(/[-._~!$&'()*+,;=:@%0-9A-Za-z/]*)?")) {
      spec.fault("pathPrefix", "must be a path that begins with /");
    }
    var http =
        new Protocol.Http(prefix, names(spec, "upstreamHeaders"), names(spec, "clientHeaders"));
    var grpc =
        spec.object("grpc", fields -> new Protocol.Grpc(fields.textMap("contextExtensions")));
    if (grpc.isPresent()) {
      for (var key : List.of("pathPrefix", "upstreamHeaders", "clientHeaders")) {
        if (spec.has(key)) {
          spec.fault(key, "must be absent beside grpc");
        }
      }
      return grpc.get();
    }
    return http;
  }

  private static CheckedBody body(Fields field) {
    if (!field.has("maxRequestBytes")) {
      field.require("maxRequestBytes");
    }
    boolean partial =
        field.choice("allowPartialMessage", List.of("true", "false")).equals(Optional.of("true"));
    return new CheckedBody(
        field.integer("maxRequestBytes", 1, 131_072).orElse(1),
        partial ? CheckedBody.Partial.ALLOWED : CheckedBody.Partial.REFUSED);
  }

  private static List<String> names(Fields spec, String key) {
    var names = spec.texts(key);
    for (var name : names) {
      if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")) {
        spec.fault(key, "must be tokens (RFC 9110 section 5.6.2), was " + name);
      }
    }
    return names;
  }

  private static JwtRule rule(Fields field) {
    var issuer = field.requireText("issuer");
    var uri = field.text("jwksUri");
    var inline = field.text("jwks");
    if (uri.isPresent() == inline.isPresent()) {
      field.fault("jwksUri", "or jwks is required, and not both");
    }
    if (uri.isPresent() && !uri.get().matches("https?://[^/?#\\s]+\\S*")) {
      field.fault("jwksUri", "must be an http or https URI");
    }
    if (inline.isPresent() && !inline.get().strip().startsWith("{")) {
      field.fault("jwks", "must be a JSON Web Key Set (RFC 7517 section 5)");
    }
    boolean kept =
        field
            .choice("forwardOriginalToken", List.of("true", "false"))
            .filter("true"::equals)
            .isPresent();
    return new JwtRule(
        issuer,
        field.texts("audiences"),
        uri,
        inline,
        field.objects("fromHeaders", RequestAuthenticationReader::fromHeader),
        field.texts("fromParams"),
        kept ? Forwarding.KEPT : Forwarding.TAKEN_OUT,
        field.objects("outputClaimToHeaders", RequestAuthenticationReader::claimHeader));
  }

  private static FromHeader fromHeader(Fields field) {
    return new FromHeader(RouteMatchReader.fieldName(field), field.text("prefix").orElse(""));
  }

  private static ClaimHeader claimHeader(Fields field) {
    var header = field.requireText("header");
    if (!header.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}") && !header.equals("?")) {
      field.fault("header", "must be a token (RFC 9110 section 5.6.2)");
    }
    return new ClaimHeader(header, field.requireText("claim"));
  }
}
