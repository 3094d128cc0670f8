package io.fairlead.proxy.access;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.http1.RequestParser;
import io.fairlead.traffic.AuthorizationRule;
import io.fairlead.traffic.HttpFilter.Rbac;
import io.fairlead.traffic.StringMatch;
import io.netty.buffer.Unpooled;
import java.util.List;
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
    return new Authorization(new Rbac(action, List.of(rules)));
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

  private static boolean passes(Authorization rules, @Nullable String identity, Head head) {
    return rules.refusal(Optional.ofNullable(identity), head) == null;
  }
}
