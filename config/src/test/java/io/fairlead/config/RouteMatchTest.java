package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Manifest.HttpRoute.ValueMatch;
import org.junit.jupiter.api.Test;

class RouteMatchTest {
  private static HttpRoute.RouteMatch match(String kind, String text) {
    var manifests =
        Manifests.parse(
            "route.yaml",
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: %s
            metadata: { name: a }
            spec:
              parentRefs: [{ name: edge }]
              rules: [{ matches: [%s], backendRefs: [{ name: a }] }]
            """
                .formatted(kind, text),
            Manifests.ReferencedFiles.NONE);
    assertThat(manifests.faults()).isEmpty();
    return ((HttpRoute) manifests.documents().getFirst()).rules().getFirst().matches().getFirst();
  }

  @Test
  void ofHeadersOfOneNameTheFirstAloneCounts() {
    var headers =
        "{ headers: [{ name: X-A, value: a }, { name: b, value: b }, { name: x-a, value: c }] }";
    for (var kind : new String[] {"HTTPRoute", "GRPCRoute"}) {
      assertThat(match(kind, headers).headers())
          .extracting(ValueMatch::name, ValueMatch::value)
          .containsExactly(tuple("X-A", "a"), tuple("b", "b"));
    }
  }

  @Test
  void ofParametersOfOneNameTheFirstAloneCountsAndTheirNamesHaveCase() {
    var query =
        "{ queryParams: [{ name: q, value: a }, { name: Q, value: b }, { name: q, value: c }] }";
    assertThat(match("HTTPRoute", query).query())
        .extracting(ValueMatch::name, ValueMatch::value)
        .containsExactly(tuple("q", "a"), tuple("Q", "b"));
  }
}
