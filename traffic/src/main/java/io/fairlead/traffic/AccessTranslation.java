package io.fairlead.traffic;

import com.google.re2j.Pattern;
import io.fairlead.config.Cidr;
import io.fairlead.config.ExternalAuthorization;
import io.fairlead.config.Manifest.AuthorizationPolicy.AccessRule;
import io.fairlead.config.Manifest.AuthorizationPolicy.Condition;
import io.fairlead.config.Manifest.ClientPolicy;
import io.fairlead.config.Manifest.RequestAuthentication.JwtRule;
import io.fairlead.traffic.AuthorizationRule.Clause;
import io.fairlead.traffic.AuthorizationRule.Subject;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization.CheckedBody;
import io.fairlead.traffic.Route.ValueMatch.Sense;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Function;

/** Rules of AuthorizationPolicies, and what gateways believe. Pure. */
final class AccessTranslation {
  private static final String HEADER = "request.headers[";
  private static final String CLAIM = "request.auth.claims[";

  private AccessTranslation() {}

  static AuthorizationRule rule(String name, AccessRule rule) {
    return new AuthorizationRule(
        name, rule.conditions().stream().map(AccessTranslation::clause).toList());
  }

  static ClientTrust trust(ClientPolicy policy) {
    return new ClientTrust(
        policy.trustedHops(),
        policy.trustedProxies(),
        switch (policy.underscores()) {
          case ALLOW -> ClientTrust.Underscores.ALLOW;
          case DROP -> ClientTrust.Underscores.DROP;
          case REFUSE -> ClientTrust.Underscores.REFUSE;
        });
  }

  static JwtProvider provider(JwtRule rule) {
    return new JwtProvider(
        rule.issuer(),
        rule.audiences(),
        rule.jwksUri()
            .<JwtProvider.Keys>map(JwtProvider.Keys.Remote::new)
            .orElseGet(() -> new JwtProvider.Keys.Inline(rule.jwks().orElse("{}"))),
        rule.fromHeaders().stream()
            .map(h -> new JwtProvider.FromHeader(lower(h.name()), h.prefix()))
            .toList(),
        rule.fromParams(),
        switch (rule.forwarding()) {
          case KEPT -> JwtProvider.Forwarding.KEPT;
          case TAKEN_OUT -> JwtProvider.Forwarding.TAKEN_OUT;
        },
        rule.claimHeaders().stream()
            .map(h -> new JwtProvider.ClaimHeader(lower(h.header()), h.claim()))
            .toList());
  }

  static HttpFilter external(ExternalAuthorization policy) {
    return new HttpFilter.ExternalAuthorization(
        policy.service().name(),
        service(policy.protocol()),
        policy.timeout(),
        switch (policy.failureMode()) {
          case REFUSE -> HttpFilter.ExternalAuthorization.FailureMode.REFUSE;
          case ALLOW -> HttpFilter.ExternalAuthorization.FailureMode.ALLOW;
        },
        policy.statusOnError(),
        policy
            .body()
            .map(
                body ->
                    new CheckedBody(
                        body.maxRequestBytes(),
                        switch (body.partial()) {
                          case ALLOWED -> CheckedBody.Longer.CUT;
                          case REFUSED -> CheckedBody.Longer.REFUSED;
                        })),
        lower(policy.requestHeaders()));
  }

  private static HttpFilter.ExternalAuthorization.Service service(
      ExternalAuthorization.Protocol protocol) {
    return switch (protocol) {
      case ExternalAuthorization.Protocol.Http(var prefix, var upstream, var client) ->
          new HttpFilter.ExternalAuthorization.Service.Http(prefix, lower(upstream), lower(client));
      case ExternalAuthorization.Protocol.Grpc(var extensions) ->
          new HttpFilter.ExternalAuthorization.Service.Grpc(new TreeMap<>(extensions));
    };
  }

  private static List<String> lower(List<String> names) {
    return names.stream().map(AccessTranslation::lower).toList();
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  private static Clause clause(Condition condition) {
    var key = condition.key();
    return switch (key) {
      case "source.principal" ->
          text(condition, new Subject.Principal(), AccessTranslation::principal);
      case "source.namespace" ->
          text(condition, new Subject.Principal(), AccessTranslation::namespace);
      case "source.ip" -> address(condition, Clause.End.PEER);
      case "remote.ip" -> address(condition, Clause.End.CLIENT);
      case "request.auth.principal" ->
          text(condition, new Subject.RequestPrincipal(), StringMatch::pattern);
      case "request.auth.audiences" -> claim(condition, "aud");
      case "request.auth.presenter" -> claim(condition, "azp");
      case "request.host" ->
          text(
              condition,
              new Subject.Host(),
              pattern -> StringMatch.pattern(pattern.toLowerCase(Locale.ROOT)));
      case "request.method" -> text(condition, new Subject.Method(), StringMatch::pattern);
      case "request.path" -> text(condition, new Subject.Path(), AccessTranslation::path);
      case "destination.port" ->
          new Clause.Port(
              condition.values().stream().map(Integer::valueOf).toList(), sense(condition));
      default -> named(condition, key);
    };
  }

  private static Clause named(Condition condition, String key) {
    if (key.startsWith(HEADER)) {
      var name = key.substring(HEADER.length(), key.length() - 1).toLowerCase(Locale.ROOT);
      return text(condition, new Subject.Header(name), StringMatch::pattern);
    }
    var names = key.substring(CLAIM.length(), key.length() - 1).split("]\\[", -1);
    return claim(condition, names);
  }

  private static Clause claim(Condition condition, String... path) {
    return text(condition, new Subject.Claim(Arrays.asList(path)), StringMatch::pattern);
  }

  private static Clause text(
      Condition condition, Subject subject, Function<String, StringMatch> match) {
    return new Clause.Text(
        subject, condition.values().stream().map(match).toList(), sense(condition));
  }

  private static Clause address(Condition condition, Clause.End end) {
    List<Cidr> blocks = condition.values().stream().map(Cidr::parse).toList();
    return new Clause.Address(end, blocks, sense(condition));
  }

  private static Sense sense(Condition condition) {
    return switch (condition.sense()) {
      case MATCHES -> Sense.MATCHES;
      case DIFFERS -> Sense.DIFFERS;
    };
  }

  /** Istio writes principals without scheme; ours carry it, as certificates do. */
  private static StringMatch principal(String pattern) {
    var bare = pattern.startsWith("*") || pattern.startsWith("spiffe://");
    return StringMatch.pattern(bare ? pattern : "spiffe://" + pattern);
  }

  /** The namespace is a segment of the identity. */
  private static StringMatch namespace(String pattern) {
    if (pattern.equals("*")) {
      return new StringMatch.Present();
    }
    if (pattern.endsWith("*")) {
      return new StringMatch.Contains("/ns/" + pattern.substring(0, pattern.length() - 1));
    }
    return pattern.startsWith("*")
        ? new StringMatch.Regex(".*/ns/[^/]*" + Pattern.quote(pattern.substring(1)) + "/.*")
        : new StringMatch.Contains("/ns/" + pattern + "/");
  }

  /** Istio's templates: {@code {*}} is a segment and {@code {**}} any rest. */
  private static StringMatch path(String pattern) {
    if (!pattern.contains("{")) {
      return StringMatch.pattern(pattern);
    }
    var expression = new StringBuilder();
    for (var part : pattern.split("(?<=})|(?=\\{)", -1)) {
      expression.append(
          switch (part) {
            case "{*}" -> "[^/]+";
            case "{**}" -> ".*";
            default -> Pattern.quote(part);
          });
    }
    return new StringMatch.Regex(expression.toString());
  }
}
