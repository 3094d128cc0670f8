package io.fairlead.config;

import io.fairlead.config.Manifest.Metadata;
import io.fairlead.config.Manifest.RequestAuthentication;
import io.fairlead.config.Manifest.RequestAuthentication.ClaimHeader;
import io.fairlead.config.Manifest.RequestAuthentication.Forwarding;
import io.fairlead.config.Manifest.RequestAuthentication.FromHeader;
import io.fairlead.config.Manifest.RequestAuthentication.JwtRule;
import java.util.HashSet;
import java.util.List;

/** Reads the spec of a RequestAuthentication (Istio security/v1). Stateless. */
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
