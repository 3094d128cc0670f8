package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AnalysisTest {
  private static List<String> faults(String text, String... services) {
    var parsed = Manifests.parse("m.yaml", text, Manifests.ReferencedFiles.NONE);
    assertThat(parsed.faults()).isEmpty();
    return Analysis.faults(parsed.documents(), List.of(services)).stream()
        .map(Fault::toString)
        .toList();
  }

  @Test
  void anUnknownServiceIsNamedWithTheNearestKnownOne() {
    var policy =
        """
        apiVersion: fairlead.io/v1
        kind: ResiliencePolicy
        metadata: { name: p }
        spec:
          targetRefs: [{ kind: Service, name: bnak }]
        """;
    assertThat(faults(policy, "bank", "order"))
        .containsExactly(
            "m.yaml:5:39: spec.targetRefs[0].name: 'bnak' is no service that is registered or"
                + " declared; did you mean 'bank'?");
    assertThat(faults(policy, "bnak")).isEmpty();
  }

  @Test
  void aRouteNeedsItsGatewayItsSectionAndItsBackends() {
    assertThat(
            faults(
                """
                apiVersion: gateway.networking.k8s.io/v1
                kind: Gateway
                metadata: { name: edge }
                spec: { listeners: [{ name: web, port: 80 }] }
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: { name: shop }
                spec:
                  parentRefs: [{ name: edge, sectionName: wbe }, { name: egde }]
                  rules: [{ backendRefs: [{ name: usr }] }]
                """,
                "user"))
        .containsExactlyInAnyOrder(
            "m.yaml:10:24: spec.parentRefs[0].sectionName: 'wbe' is no listener of Gateway edge;"
                + " did you mean 'web'?",
            "m.yaml:10:58: spec.parentRefs[1].name: 'egde' is no Gateway of the configuration; did"
                + " you mean 'edge'?",
            "m.yaml:11:35: spec.rules[0].backendRefs[0].name: 'usr' is no service that is"
                + " registered or declared; did you mean 'user'?");
  }

  @Test
  void twoPoliciesOrRoutesForTheSameAreRefused() {
    assertThat(
            faults(
                """
                apiVersion: fairlead.io/v1
                kind: ResiliencePolicy
                metadata: { name: a }
                spec: { targetRefs: [{ name: bank }] }
                ---
                apiVersion: fairlead.io/v1
                kind: ResiliencePolicy
                metadata: { name: b }
                spec: { targetRefs: [{ name: bank }] }
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: { name: r1 }
                spec:
                  parentRefs: [{ kind: Service, name: bank }]
                  rules: [{ backendRefs: [{ name: bank }] }]
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: { name: r2 }
                spec:
                  parentRefs: [{ kind: Service, name: bank }]
                  rules: [{ backendRefs: [{ name: bank }] }]
                """,
                "bank"))
        .containsExactly(
            "m.yaml:9:30: spec.targetRefs[0].name: 'bank' has a policy of this kind at"
                + " m.yaml:4:30 already",
            "m.yaml:23:11: spec.rules: '*/' has the host and match of the rule at m.yaml:16:11");
  }

  @Test
  void oneHostOfTwoListenersOrEntriesIsRefused() {
    assertThat(
            faults(
                """
                apiVersion: gateway.networking.k8s.io/v1
                kind: Gateway
                metadata: { name: edge }
                spec:
                  listeners:
                    - { name: a, port: 80, hostname: x.example }
                    - { name: b, port: 80, hostname: X.example }
                ---
                apiVersion: networking.istio.io/v1
                kind: ServiceEntry
                metadata: { name: one }
                spec: { hosts: [api.example] }
                ---
                apiVersion: networking.istio.io/v1
                kind: ServiceEntry
                metadata: { name: two }
                spec: { hosts: [api.example] }
                """))
        .containsExactly(
            "m.yaml:7:7: spec.listeners.hostname: '80 x.example' is taken by the listener at"
                + " m.yaml:6:7",
            "m.yaml:14:1: spec.hosts: 'api.example' is a host of the ServiceEntry at m.yaml:9:1"
                + " already");
  }
}
