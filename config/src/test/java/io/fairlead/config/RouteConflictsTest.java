package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteConflictsTest {
  private static final String GATEWAY =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: { name: edge }
      spec:
        listeners:
          - { name: web, port: 80, hostname: "*.example" }
          - { name: other, port: 81 }
          - { name: raw, port: 82, protocol: TCP }
      """;

  private static String route(String kind, String name, String parent, String hostnames) {
    return """
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: %s
    metadata: { name: %s }
    spec:
      parentRefs: [%s]
      hostnames: [%s]
      rules: [{ backendRefs: [{ name: a }] }]
    """
        .formatted(kind, name, parent, hostnames);
  }

  private static List<String> faults(String... documents) {
    var text = GATEWAY + String.join("", documents);
    var parsed = Manifests.parse("m.yaml", text, Manifests.ReferencedFiles.NONE);
    assertThat(parsed.faults()).isEmpty();
    return Analysis.faults(parsed.documents(), List.of("a", "b")).stream()
        .map(Fault::toString)
        .toList();
  }

  private static List<String> between(String parents, String http, String grpc) {
    return faults(
        route("HTTPRoute", "pages", parents, http), route("GRPCRoute", "calls", parents, grpc));
  }

  @Test
  void aHostThatTwoRoutesClaimIsNamedAsTheSecondWritesIt() {
    var parent = "{ kind: Service, name: a }";
    var one = route("HTTPRoute", "one", parent, "shop.test");
    assertThat(faults(one, route("HTTPRoute", "two", parent, "Shop.Test")))
        .singleElement()
        .asString()
        .contains("spec.rules: 'Shop.Test/' has the host and match of the rule at m.yaml:16:");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          grpc.example;              grpc.example
          GRPC.example;              grpc.Example
          "*.example";               grpc.example
          grpc.example;              "*.example"
          "*.x.example";             "*.example"
          "*.example";               "*.x.example"
          '';                        grpc.example
          grpc.example;              ''
          '';                        ''
          www.example, grpc.example; a.example, grpc.example
          """)
  void hostsThatMeetAreRefused(String http, String grpc) {
    assertThat(between("{ name: edge, sectionName: web }", http, grpc))
        .singleElement()
        .asString()
        .startsWith("m.yaml:14:24: spec.parentRefs[0].name: 'edge' has GRPCRoute/calls at m.yaml:");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          www.example;               grpc.example
          example;                   "*.example"
          "*.x.example";             "*.y.example"
          "*.x.example";             x.example
          www.elsewhere;             www.elsewhere
          www.elsewhere;             ''
          """)
  void hostsThatDoNotMeetOnTheListenerStandBesideEachOther(String http, String grpc) {
    assertThat(between("{ name: edge, sectionName: web }", http, grpc)).isEmpty();
  }

  @Test
  void theFaultNamesTheListenersHostAndBothRoutes() {
    assertThat(between("{ name: edge, sectionName: web }", "", "grpc.example"))
        .containsExactly(
            "m.yaml:14:24: spec.parentRefs[0].name: 'edge' has GRPCRoute/calls at m.yaml:18:1"
                + " already, and routes of both kinds cannot have *.example of one listener");
  }

  @Test
  void theFirstByNameHasTheHost() {
    var text = "{ name: edge, sectionName: web }";
    assertThat(faults(route("HTTPRoute", "a", text, ""), route("GRPCRoute", "b", text, "")))
        .singleElement()
        .asString()
        .startsWith("m.yaml:22:24: spec.parentRefs[0].name: 'edge' has HTTPRoute/a at m.yaml:10:1");
  }

  @Test
  void listenersOfTheirOwnKeepThemApart() {
    var web = "{ name: edge, sectionName: web }";
    var other = "{ name: edge, sectionName: other }";
    var raw = "{ name: edge, sectionName: raw }";
    assertThat(faults(route("HTTPRoute", "a", web, ""), route("GRPCRoute", "b", other, "")))
        .isEmpty();
    assertThat(faults(route("HTTPRoute", "a", raw, ""), route("GRPCRoute", "b", raw, "")))
        .isEmpty();
    assertThat(
            faults(route("HTTPRoute", "a", "{ name: edge }", ""), route("GRPCRoute", "b", web, "")))
        .hasSize(1);
    assertThat(faults(route("GRPCRoute", "a", web, ""), route("GRPCRoute", "b", web, "x.example")))
        .isEmpty();
  }

  @Test
  void ofOneServiceTheGrpcRouteHasTheCalls() {
    var service = "{ kind: Service, name: a }";
    assertThat(faults(route("GRPCRoute", "z", service, ""), route("HTTPRoute", "a", service, "")))
        .containsExactly(
            "m.yaml:22:39: spec.parentRefs[0].name: 'a' has GRPCRoute/z at m.yaml:10:1 already,"
                + " which goes before an HTTPRoute (GEP-1426)");
    var other = "{ kind: Service, name: b }";
    assertThat(faults(route("GRPCRoute", "z", service, ""), route("HTTPRoute", "a", other, "")))
        .isEmpty();
  }

  @Test
  void whatMeetsIsWhatSomeNameBelongsToBoth() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    int met = 0;
    for (int round = 0; round < 1000; round++) {
      var http = host(random);
      var grpc = host(random);
      boolean meets = meets(http, grpc);
      met += meets ? 1 : 0;
      var found =
          between("{ name: edge, sectionName: other }", quoted(http), quoted(grpc)).isEmpty();
      assertThat(!found).as("seed %d: %s, %s", seed, http, grpc).isEqualTo(meets);
    }
    assertThat(met).as("seed %d", seed).isBetween(100, 900);
  }

  private static String host(Random random) {
    var host = new StringBuilder(random.nextInt(3) == 0 ? "*" : "a");
    for (int labels = random.nextInt(3); labels > 0; labels--) {
      host.append('.').append("ab".charAt(random.nextInt(2)));
    }
    return host.toString();
  }

  private static String quoted(String host) {
    return '"' + host + '"';
  }

  /** Each takes what the shortest name of the other is, with another label for the star. */
  private static boolean meets(String one, String other) {
    return takes(one, other.replace("*", "c")) || takes(other, one.replace("*", "c"));
  }

  private static boolean takes(String pattern, String name) {
    return pattern.equals(name)
        || pattern.equals("*")
        || (pattern.startsWith("*") && name.endsWith(pattern.substring(1)));
  }
}
