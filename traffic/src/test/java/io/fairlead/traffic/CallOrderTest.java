package io.fairlead.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.Manifest;
import io.fairlead.config.Manifests;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.traffic.Route.PathMatch;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The first route that takes a call is the one to which the Gateway API gives precedence. */
class CallOrderTest {
  private static final String GATEWAY =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: { name: edge }
      spec: { listeners: [{ name: any, port: 9000 }] }
      """;
  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);

  /** A rule with one match; what is empty takes any. */
  private record Rule(String document, int place, String service, String method, boolean header) {
    String yaml() {
      var conditions = new ArrayList<String>();
      if (!service.isEmpty() || !method.isEmpty()) {
        conditions.add("method: { service: '" + service + "', method: '" + method + "' }");
      }
      if (header) {
        conditions.add("headers: [{ name: x-a, value: b }]");
      }
      return "    - { matches: [{ "
          + String.join(", ", conditions)
          + " }], backendRefs: [{ name: user }] }\n";
    }

    boolean takes(String call, boolean withHeader) {
      var names = call.split("/", -1);
      return (service.isEmpty() || service.equals(names[1]))
          && (method.isEmpty() || method.equals(names[2]))
          && (!header || withHeader);
    }

    String name() {
      return "GRPCRoute/" + document + "[" + place + ".0]";
    }
  }

  /** GRPCRouteRule, matches. */
  private static final Comparator<Rule> PRECEDENCE =
      Comparator.<Rule>comparingInt(rule -> -rule.service().length())
          .thenComparingInt(rule -> -rule.method().length())
          .thenComparingInt(rule -> rule.header() ? 0 : 1)
          .thenComparing(Rule::document)
          .thenComparingInt(Rule::place);

  @Test
  void theMostSpecificRuleOfAnyDocumentTakesTheCall() {
    for (int round = 0; round < 300; round++) {
      var rules = new ArrayList<Rule>();
      var text = new StringBuilder(GATEWAY);
      for (var document : List.of("c", "a", "b")) {
        text.append(HEAD.formatted(document));
        for (int place = 0; place < 4; place++) {
          var rule =
              new Rule(
                  document,
                  place,
                  name("", "s", "Service", "s.Service"),
                  name("", "m", "Me", "Method"),
                  random.nextBoolean());
          rules.add(rule);
          text.append(rule.yaml());
        }
      }
      var routes = routes(text.toString());
      for (var service : List.of("s", "Service", "s.Service", "other")) {
        for (var method : List.of("m", "Me", "Method", "Other")) {
          var call = "/" + service + "/" + method;
          for (boolean header : List.of(true, false)) {
            assertThat(first(routes, call, header))
                .as("seed %d: %s of\n%s", seed, call, text)
                .isEqualTo(
                    rules.stream()
                        .filter(rule -> rule.takes(call, header))
                        .min(PRECEDENCE)
                        .map(Rule::name));
          }
        }
      }
    }
  }

  private static final String HEAD =
      """
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: GRPCRoute
      metadata: { name: %s }
      spec:
        parentRefs: [{ name: edge }]
        rules:
      """;

  private String name(String... names) {
    return names[random.nextInt(names.length)];
  }

  private static List<Route> routes(String text) {
    var parsed = Manifests.parse("test.yaml", text, Manifests.ReferencedFiles.NONE);
    assertThat(parsed.faults()).as(text).isEmpty();
    List<Manifest> documents = parsed.documents();
    var mesh = Mesh.of(documents, CatalogSnapshot.empty(), MeshSettings.defaults());
    var tables = mesh.snapshot(new Node.Gateway("edge-1", "edge")).routeTables();
    return tables.getFirst().virtualHosts().getFirst().routes();
  }

  private static Optional<String> first(List<Route> routes, String call, boolean header) {
    return routes.stream()
        .filter(route -> takes(route.match().path(), call))
        .filter(route -> header || route.match().headers().isEmpty())
        .map(Route::name)
        .findFirst();
  }

  private static boolean takes(PathMatch path, String call) {
    return switch (path) {
      case PathMatch.Exact(var whole) -> call.equals(whole);
      case PathMatch.Prefix(var prefix) -> prefix.equals("/") || call.startsWith(prefix + "/");
      case PathMatch.Regex(var expression) -> Pattern.matches(expression, call);
      case PathMatch.Template template -> throw new AssertionError(template);
    };
  }
}
