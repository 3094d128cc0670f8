package io.fairlead.proxy.access;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.Cidr;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.http1.RequestParser;
import io.fairlead.traffic.AuthorizationRule;
import io.fairlead.traffic.AuthorizationRule.Clause;
import io.fairlead.traffic.AuthorizationRule.Subject;
import io.fairlead.traffic.HttpFilter.Rbac;
import io.fairlead.traffic.Route.ValueMatch.Sense;
import io.fairlead.traffic.StringMatch;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AuthorizationTest {
  private static final String CART = "spiffe://mesh.test/ns/shop/sa/cart";
  private final RequestParser parser = new RequestParser(Http1Limits.defaults());

  private Head head(String method, String target) {
    String request = method + " " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
    assertThat(parser.parse(Unpooled.copiedBuffer(request, US_ASCII))).isPositive();
    return parser.head();
  }

  private static Authorization filter(Rbac.Action action, AuthorizationRule... rules) {
    return new Authorization(new Rbac(action, List.of(rules)), 8080);
  }

  private static AuthorizationRule rule(String principals, String methods, String paths) {
    return new AuthorizationRule("rule", patterns(principals), patterns(methods), patterns(paths));
  }

  private static List<StringMatch> patterns(String patterns) {
    return patterns.isEmpty()
        ? List.of()
        : List.of(patterns.split(" ")).stream().map(StringMatch::pattern).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "spiffe://mesh.test/ns/shop/sa/cart, true",
    "spiffe://mesh.test/ns/shop/sa/car, false",
    "spiffe://mesh.test/ns/shop/*, true",
    "spiffe://mesh.test/ns/other/*, false",
    "*/sa/cart, true",
    "*/sa/orders, false",
    "*, true",
    "*/sa/orders *, true"
  })
  void principalsMatchTheIdentity(String principals, boolean expected) {
    Authorization allow = filter(Rbac.Action.ALLOW, rule(principals, "", ""));
    assertThat(passes(allow, CART, head("GET", "/"))).isEqualTo(expected);
    Authorization deny = filter(Rbac.Action.DENY, rule(principals, "", ""));
    assertThat(passes(deny, CART, head("GET", "/"))).isEqualTo(!expected);
  }

  @Test
  void callerWithoutIdentityMatchesOnlyRulesThatAskForNone() {
    Head get = head("GET", "/");
    assertThat(passes(filter(Rbac.Action.ALLOW, rule("*", "", "")), null, get)).isFalse();
    assertThat(passes(filter(Rbac.Action.ALLOW, rule("", "", "")), null, get)).isTrue();
    assertThat(passes(filter(Rbac.Action.DENY, rule("*", "", "")), null, get)).isTrue();
    assertThat(passes(filter(Rbac.Action.DENY, rule("", "", "")), null, get)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /orders/7, GET POST, /orders/*, true",
    "POST, /orders/7, GET POST, /orders/*, true",
    "DELETE, /orders/7, GET POST, /orders/*, false",
    "get, /orders/7, GET POST, /orders/*, false",
    "GET, /order, GET, /orders/*, false",
    "GET, /orders?x=/admin, GET, /orders, true",
    "GET, /orders/../admin, GET, /orders/*, false",
    "GET, /%6frders/7, GET, /orders/*, true",
    "GET, /a/export, GET, */export, true"
  })
  void methodAndPathMustBothMatch(
      String method, String target, String methods, String paths, boolean expected) {
    Authorization allow = filter(Rbac.Action.ALLOW, rule("", methods, paths));
    assertThat(passes(allow, CART, head(method, target))).isEqualTo(expected);
  }

  @Test
  void allowWithoutRulesLetsNobodyPass() {
    assertThat(passes(filter(Rbac.Action.ALLOW), CART, head("GET", "/"))).isFalse();
    assertThat(passes(filter(Rbac.Action.DENY), CART, head("GET", "/"))).isTrue();
  }

  @Test
  void oneOfSeveralRulesIsEnough() {
    Authorization allow =
        filter(Rbac.Action.ALLOW, rule("*/sa/orders", "", ""), rule("*/sa/cart", "GET", ""));
    assertThat(passes(allow, CART, head("GET", "/"))).isTrue();
    assertThat(passes(allow, CART, head("PUT", "/"))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "PEER, MATCHES, 10.0.0.0/8, false",
    "PEER, MATCHES, 127.0.0.0/8, true",
    "CLIENT, MATCHES, 10.1.2.0/24 fd00::/8, true",
    "CLIENT, MATCHES, 10.1.3.0/24, false",
    "CLIENT, DIFFERS, 10.1.2.3, false",
    "CLIENT, DIFFERS, 10.1.2.4, true"
  })
  void addressesLieInBlocks(Clause.End end, Sense sense, String blocks, boolean expected) {
    List<Cidr> all = List.of(blocks.split(" ")).stream().map(Cidr::parse).toList();
    assertThat(allows(new Clause.Address(end, all, sense), head("GET", "/"), null))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"MATCHES, 8080, true", "MATCHES, 80, false", "DIFFERS, 8080, false"})
  void portIsThatOfTheListener(Sense sense, int port, boolean expected) {
    assertThat(allows(new Clause.Port(List.of(port), sense), head("GET", "/"), null))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "shop.example, MATCHES, shop.example, true",
    "shop.example, MATCHES, Shop.Example:80, true",
    "shop.example:80, MATCHES, shop.example:80, true",
    "shop.example:81, MATCHES, shop.example:80, false",
    "*.example, MATCHES, a.example:80, true",
    "shop.example, DIFFERS, shop.example, false"
  })
  void hostIsComparedWithoutCase(String pattern, Sense sense, String host, boolean expected) {
    String request = "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    assertThat(parser.parse(Unpooled.copiedBuffer(request, US_ASCII))).isPositive();
    Clause clause =
        new Clause.Text(new Subject.Host(), List.of(StringMatch.pattern(pattern)), sense);
    assertThat(allows(clause, parser.head(), null)).isEqualTo(expected);
  }

  @Test
  void whatIsAbsentFitsNothingAndDiffersFromAll() {
    Head get = head("GET", "/");
    for (Subject subject :
        List.of(
            new Subject.RequestPrincipal(),
            new Subject.Claim(List.of("groups")),
            new Subject.Header("x-a"))) {
      List<StringMatch> any = List.of(new StringMatch.Present());
      assertThat(allows(new Clause.Text(subject, any, Sense.MATCHES), get, null)).isFalse();
      assertThat(allows(new Clause.Text(subject, any, Sense.DIFFERS), get, null)).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "groups, admin, true",
    "groups, user, true",
    "groups, guest, false",
    "scope, read, true",
    "scope, read write, true",
    "scope, ead, false",
    "realm roles, root, true",
    "realm, root, false",
    "realm gone further, root, false",
    "age, 7, true",
    "on, true, true"
  })
  void claimsAreFoundByTheirNames(String path, String value, boolean expected) {
    Map<String, Object> payload =
        Map.of(
            "groups",
            List.of("admin", "user"),
            "scope",
            "read write",
            "realm",
            Map.of("roles", List.of("root")),
            "age",
            7L,
            "on",
            true);
    Subject claim = new Subject.Claim(List.of(path.split(" ")));
    Clause clause = new Clause.Text(claim, List.of(new StringMatch.Exact(value)), Sense.MATCHES);
    assertThat(allows(clause, head("GET", "/"), new Claims("iss/sub", payload)))
        .isEqualTo(expected);
  }

  private static boolean allows(Clause clause, Head head, @Nullable Claims claims) {
    Authorization rules = filter(Rbac.Action.ALLOW, new AuthorizationRule("rule", List.of(clause)));
    return rules.refusal(
            new AccessRequest(Optional.of(CART), "127.0.0.1", "10.1.2.3", claims, head))
        == null;
  }

  private static boolean passes(Authorization rules, @Nullable String identity, Head head) {
    return rules.refusal(
            new AccessRequest(Optional.ofNullable(identity), "127.0.0.1", "127.0.0.1", null, head))
        == null;
  }
}
