package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.RateLimitDomain.Limit;
import io.fairlead.config.RateLimitDomain.Node;
import io.fairlead.config.RateLimitDomain.Unit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RateLimitReaderTest {
  private static Manifests parse(String text) {
    return Manifests.parse("m.yaml", text, Manifests.ReferencedFiles.NONE);
  }

  @Test
  void limitsAreReadAsATree() {
    var parsed =
        parse(
            """
            apiVersion: fairlead.io/v1
            kind: RateLimitDomain
            metadata: { name: shop }
            spec:
              domain: shop
              descriptors:
                - key: tenant
                  rateLimit: { requestsPerUnit: 100, unit: SECOND }
                - key: tenant
                  value: small
                  descriptors:
                    - { key: path, rateLimit: { requestsPerUnit: 0, unit: DAY, shadow: true } }
            """);
    assertThat(parsed.faults()).isEmpty();
    var domain = (RateLimitDomain) parsed.documents().getFirst();
    assertThat(domain.domain()).isEqualTo("shop");
    assertThat(domain.limits())
        .containsExactly(
            new Node(
                "tenant",
                Optional.empty(),
                Optional.of(new Limit(100, Unit.SECOND, Limit.Mode.ENFORCED)),
                List.of()),
            new Node(
                "tenant",
                Optional.of("small"),
                Optional.empty(),
                List.of(
                    new Node(
                        "path",
                        Optional.empty(),
                        Optional.of(new Limit(0, Unit.DAY, Limit.Mode.SHADOW)),
                        List.of()))));
  }

  @Test
  void everythingThatIsWrongIsNamed() {
    var faults =
        parse(
                """
                apiVersion: fairlead.io/v1
                kind: RateLimitDomain
                metadata: { name: shop }
                spec:
                  descriptors:
                    - { key: a, rateLimit: { unit: WEEK } }
                    - { key: a }
                ---
                apiVersion: fairlead.io/v1
                kind: RateLimitPolicy
                metadata: { name: shop }
                spec:
                  domain: ä
                  timeout: 0s
                  descriptors:
                    - { entries: [], hits: 0 }
                    - { entries: [{ path: {}, remoteAddress: {} }, {}] }
                    - { entries: [{ requestHeader: { name: "a b" } }] }
                    - { entries: [{ headerValueMatch: { value: a } }] }
                """)
            .faults()
            .toString();
    assertThat(faults)
        .contains(
            "spec.domain: is required",
            "spec.descriptors[0].rateLimit.requestsPerUnit: is required",
            "spec.descriptors[0].rateLimit.unit: 'WEEK' must be one of SECOND, MINUTE, HOUR, DAY",
            "spec.descriptors[1].key: 'a' must not stand twice with the same value",
            "spec.targetRefs: is required",
            "spec.backendRef: is required",
            "spec.domain: 'ä' must be printable ASCII",
            "spec.timeout: '0s' must be above 0 up to 1m",
            "spec.descriptors[0].entries: ",
            "spec.descriptors[0].hits: '0' must be",
            "must stand alone: an entry is exactly one of sourceCluster",
            "spec.descriptors[2].entries[0].requestHeader.name: 'a b' must be a token",
            "spec.descriptors[3].entries[0].headerValueMatch.headers: is required");
  }

  @Test
  void aDomainHasOneDocument() {
    var text =
        """
        apiVersion: fairlead.io/v1
        kind: RateLimitDomain
        metadata: { name: %s }
        spec: { domain: shop, descriptors: [] }
        ---
        """;
    var parsed = parse(text.formatted("one") + text.formatted("two"));
    assertThat(Analysis.faults(parsed.documents(), Set.of()))
        .singleElement()
        .asString()
        .contains("spec.domain", "shop", "has its limits at");
  }
}
