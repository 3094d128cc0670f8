package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Manifest.HttpRoute.PathForm;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrpcRouteTest {
  private static Manifests parse(String text) {
    return Manifests.parse("m.yaml", text, Manifests.ReferencedFiles.NONE);
  }

  private static String route(String rules) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: GRPCRoute
    metadata: { name: calls }
    spec:
      parentRefs: [{ name: edge }]
      rules: %s
    """
        .formatted(rules);
  }

  private static String matching(String method) {
    return route("[{ matches: [{ method: " + method + " }], backendRefs: [{ name: a }] }]");
  }

  private static HttpRoute read(String text) {
    var parsed = parse(text);
    assertThat(parsed.faults()).isEmpty();
    return (HttpRoute) parsed.documents().getFirst();
  }

  private static HttpRoute.RouteMatch match(String text) {
    return read(text).rules().getFirst().matches().getFirst();
  }

  private static List<String> faults(String text) {
    return parse(text).faults().stream().map(Fault::toString).toList();
  }

  @Test
  void itIsAKindOfItsOwnWithTheRulesOfRoutes() {
    var read =
        read(
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: GRPCRoute
            metadata: { name: calls }
            spec:
              parentRefs: [{ name: edge, sectionName: web, port: 80 }, { kind: Service, name: b }]
              hostnames: [grpc.example]
              rules:
                - name: all
                  matches: [{ headers: [{ name: x-a, type: RegularExpression, value: "a+" }] }]
                  filters:
                    - type: RequestHeaderModifier
                      requestHeaderModifier: { set: [{ name: a, value: b }] }
                    - { type: RequestMirror, requestMirror: { backendRef: { name: c } } }
                  backendRefs: [{ name: a, port: 80, weight: 3 }, { name: b }]
            """);
    assertThat(read.id()).hasToString("GRPCRoute/calls");
    assertThat(read.form()).isEqualTo(HttpRoute.Form.GRPC);
    assertThat(read.parents())
        .extracting(p -> p.ref().kind())
        .containsExactly("Gateway", "Service");
    assertThat(read.hostnames()).containsExactly("grpc.example");
    var rule = read.rules().getFirst();
    assertThat(rule.filters()).hasSize(2);
    assertThat(rule.backends()).extracting(HttpRoute.Backend::weight).containsExactly(3, 1);
    assertThat(rule.matches().getFirst().headers()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          { service: bank.Payments, method: Pay };                 EXACT;  /bank.Payments/Pay
          { type: Exact, service: .bank.Payments };                PREFIX; /.bank.Payments
          { service: bank.Payments, method: '' };                  PREFIX; /bank.Payments
          { method: Pay };                                REGULAR_EXPRESSION; /[^/]+/Pay
          { type: RegularExpression, service: 'b|c' };    REGULAR_EXPRESSION; /(?:b|c)/[^/]+
          { type: RegularExpression, method: 'Get.*' };   REGULAR_EXPRESSION; /[^/]+/(?:Get.*)
          { type: RegularExpression, service: b, method: c }; REGULAR_EXPRESSION; /(?:b)/(?:c)
          """)
  void aMethodIsAPath(String method, PathForm form, String path) {
    var match = match(matching(method));
    assertThat(match.pathForm()).isEqualTo(form);
    assertThat(match.path()).isEqualTo(path);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "matches: [{}], "})
  void withoutAMethodEveryCallMatches(String matches) {
    var match = match(route("[{ " + matches + "backendRefs: [{ name: a }] }]"));
    assertThat(match.pathForm()).isEqualTo(PathForm.PREFIX);
    assertThat(match.path()).isEqualTo("/");
  }

  /** What an expression holds stays within the name that it is for. */
  @Test
  void alternativesOfAnExpressionEndWithTheName() {
    var match = match(matching("{ type: RegularExpression, service: 'a|b', method: 'c|d' }"));
    assertThat(Stream.of("/a/c", "/b/d", "/a/d"))
        .allMatch(Pattern.compile(match.path()).asMatchPredicate());
    assertThat(Stream.of("/a", "/a/x", "/d", "/b/cd", "/a/c/d"))
        .noneMatch(Pattern.compile(match.path()).asMatchPredicate());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {} | method.service: or method is required
          { service: '', method: '' } | method.service: or method is required
          { service: /bank.Payments } | method.service: '/bank.Payments' must be a name of gRPC \
          without /, such as bank.Payments
          { service: bank, method: Pay/Now } | method.method: 'Pay/Now' must be a name of gRPC \
          without /, such as Pay
          { service: bank, method: a.b } | method.method: 'a.b' must be a name of gRPC without /, \
          such as Pay
          { service: [bank] } | method.service: must be a string
          { type: RegularExpression, service: '(a' } | method.service: '(a' must be a regular \
          expression in the syntax of RE2: missing closing )
          { type: Regex, service: a } | method.type: 'Regex' must be one of Exact, RegularExpression
          { services: a, method: b } | method.services: is unknown; did you mean 'service'?
          """)
  void aFaultOfAMethodIsToldOnce(String method, String fault) {
    assertThat(faults(matching(method)))
        .singleElement()
        .asString()
        .startsWith("m.yaml:6:")
        .endsWith("spec.rules[0].matches[0]." + fault);
  }

  @Test
  void namesAndExpressionsHaveABound() {
    var longest = "a".repeat(1024);
    assertThat(match(matching("{ service: " + longest + " }")).path()).hasSize(1025);
    assertThat(faults(matching("{ service: " + longest + "a }")))
        .singleElement()
        .asString()
        .endsWith("must have at most 1024 characters");
    var both = "{ type: RegularExpression, service: 'a{600}', method: 'b{600}' }";
    assertThat(faults(matching(both)))
        .singleElement()
        .asString()
        .endsWith("method: must be a regular expression of at most 1000 steps");
  }

  @Test
  void faultsOfRulesNameFieldAndRule() {
    var text =
        route(
            """
            [
              { matches: [{ path: { value: /a }, queryParams: [] }], backendRefs: [{ name: a }] },
              { filters: [{ type: URLRewrite }], timeouts: {}, backendRefs: [{ name: a }] },
              { matches: [{ headers: [{ name: a b, value: c }] }] },
              { backendRefs: [{ name: a, weight: 0 }] }]
            """
                .indent(2)
                .strip());
    assertThat(String.join("\n", faults(text)))
        .contains(
            "rules[0].matches[0].path: is unknown",
            "rules[0].matches[0].queryParams: is unknown",
            "rules[1].filters[0].type: 'URLRewrite' must be one of RequestHeaderModifier,"
                + " ResponseHeaderModifier, RequestMirror",
            "rules[1].timeouts: is unknown",
            "rules[2].matches[0].headers[0].name: 'a b' must be a token",
            "rules[2].backendRefs: is required",
            "rules[3].backendRefs: must have weights whose sum is above 0");
    assertThat(faults(route("[]").replace("rules: []", "hostnames: [a, A]")))
        .hasSize(2)
        .anyMatch(fault -> fault.endsWith("spec.rules: is required"))
        .anyMatch(fault -> fault.endsWith("spec.hostnames: must not name A twice"));
  }

  @Test
  void policiesOfRoutesAreForIt() {
    var policies =
        """
        ---
        apiVersion: fairlead.io/v1
        kind: ResiliencePolicy
        metadata: { name: calls }
        spec: { targetRefs: [{ kind: GRPCRoute, name: %1$s }] }
        ---
        apiVersion: fairlead.io/v1
        kind: RoutePolicy
        metadata: { name: calls }
        spec: { targetRefs: [{ kind: GRPCRoute, name: %1$s }] }
        ---
        apiVersion: fairlead.io/v1
        kind: SecurityPolicy
        metadata: { name: calls }
        spec:
          targetRefs: [{ kind: GRPCRoute, name: %1$s }]
          apiKey: { keys: [{ client: a, sha256: %2$s }] }
        ---
        apiVersion: fairlead.io/v1
        kind: RateLimitPolicy
        metadata: { name: calls }
        spec:
          targetRefs: [{ kind: GRPCRoute, name: %1$s }]
          backendRef: { name: a }
          domain: d
          descriptors: [{ entries: [{ path: {} }] }]
        """;
    var text =
        route("[{ backendRefs: [{ name: a }] }]")
            .replace("{ name: edge }", "{ kind: Service, name: a }");
    assertThat(analysed(text + policies.formatted("calls", "0".repeat(64)))).isEmpty();
    assertThat(analysed(text + policies.formatted("cals", "0".repeat(64))))
        .hasSize(4)
        .allMatch(
            fault ->
                fault.endsWith(
                    "'cals' is no GRPCRoute of the configuration; did you mean 'calls'?"));
  }

  @Test
  void hedgesOfCallsAreWarnedOf() {
    var policy =
        """
        apiVersion: fairlead.io/v1
        kind: RoutePolicy
        metadata: { name: calls }
        spec: { targetRefs: [{ kind: GRPCRoute, name: calls }], hedge: {} }
        """;
    assertThat(parse(policy).faults()).isEmpty();
    assertThat(parse(policy).warnings())
        .singleElement()
        .hasToString(
            "m.yaml:4:57: spec.hedge: is for idempotent methods only; calls of gRPC are all POST");
    assertThat(parse(policy.replace("GRPCRoute", "HTTPRoute")).warnings()).isEmpty();
  }

  private static List<String> analysed(String text) {
    var parsed = parse(text);
    assertThat(parsed.faults()).isEmpty();
    return Analysis.faults(parsed.documents(), List.of("a")).stream().map(Fault::toString).toList();
  }
}
