package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fairlead.config.Manifest.AuthorizationPolicy;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessReaderTest {
  private static Manifests parse(String rules) {
    var policy =
        """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: { name: a }
        spec:
        """;
    return Manifests.parse("a.yaml", policy + rules.indent(2), Manifests.ReferencedFiles.NONE);
  }

  @Test
  void eachPairOfSourceAndOperationIsARuleUnderAllConditions() {
    var parsed =
        parse(
            """
            rules:
              - from:
                  - source: { principals: [a], notNamespaces: [b] }
                  - source: { requestPrincipals: [c] }
                to: [{ operation: { ports: ["80"] } }, { operation: { notPaths: [/d] } }]
                when: [{ key: "request.headers[e]", values: [f], notValues: [g] }]
            """);
    assertThat(parsed.faults()).isEmpty();
    var policy = (AuthorizationPolicy) parsed.documents().getFirst();
    assertThat(policy.rules().stream().map(rule -> rule.conditions().size()))
        .containsExactly(5, 5, 4, 4);
    assertThat(policy.rules().getFirst().conditions().toString())
        .contains(
            "source.principal, values=[a], sense=MATCHES",
            "source.namespace, values=[b], sense=DIFFERS",
            "destination.port, values=[80], sense=MATCHES",
            "request.headers[e], values=[f], sense=MATCHES",
            "request.headers[e], values=[g], sense=DIFFERS");
  }

  @Test
  void faultsNameFieldAndRule() {
    var faults =
        parse(
                """
                action: AUDIT
                rules:
                  - from:
                      - source: { ipBlocks: [10.0.0.0/33], principals: ["a*b"], other: [a] }
                    to: [{ operation: { ports: ["0"], paths: ["/{a}"] } }]
                    when: [{ key: request.headers, values: [a] }, { key: source.ip }]
                  - from: []
                  - to: [{ operation: {} }]
                """)
            .faults();
    assertThat(faults.toString())
        .contains(
            "'AUDIT' must be one of ALLOW, DENY",
            "source.ipBlocks: must have a prefix of 0 to 32 bits, has 33, was 10.0.0.0/33",
            "source.principals: must have * only at its start or end, was a*b",
            "other: is unknown",
            "operation.ports: must be ports from 1 to 65535, was 0",
            "operation.paths: must have {*} and {**} as its only operators, was /{a}",
            "when[0].key: 'request.headers' must be request.headers[name]",
            "when[1].values: is required",
            "rules[1].from: must hold at least one source with a condition",
            "rules[2].to: must hold at least one operation with a condition");
  }

  @Test
  void faultsOfTokensNameFieldAndRule() {
    var tokens =
        """
        apiVersion: security.istio.io/v1
        kind: RequestAuthentication
        metadata: { name: a }
        spec:
          jwtRules:
            - { issuer: a, jwksUri: "ftp://a" }
            - { issuer: a, jwks: "keys", fromHeaders: [{ name: "a b" }] }
            - { issuer: b, outputClaimToHeaders: [{ header: x-a }] }
        ---
        apiVersion: fairlead.io/v1
        kind: ExternalAuthorization
        metadata: { name: a }
        spec: { pathPrefix: check, timeout: 2m, failureMode: MAYBE, clientHeaders: ["a b"] }
        ---
        apiVersion: fairlead.io/v1
        kind: ExternalAuthorization
        metadata: { name: b }
        spec:
          pathPrefix: /check
          grpc: { contextExtension: {} }
          statusOnError: 200
          includeRequestBodyInCheck: { allowPartialMessage: perhaps }
        ---
        apiVersion: fairlead.io/v1
        kind: ClientPolicy
        metadata: { name: a }
        spec: { xForwardedFor: { numTrustedHops: 1, trustedProxies: [a] } }
        """;
    assertThat(
            Manifests.parse("a.yaml", tokens, Manifests.ReferencedFiles.NONE).faults().toString())
        .contains(
            "jwtRules[0].jwksUri: 'ftp://a' must be an http or https URI",
            "jwtRules[1].jwks: 'keys' must be a JSON Web Key Set",
            "jwtRules[1].fromHeaders[0].name: 'a b' must be a token",
            "jwtRules[2].jwksUri: or jwks is required, and not both",
            "jwtRules[2].outputClaimToHeaders[0].claim: is required",
            "jwtRules: must have one rule for each issuer, has two for a",
            "spec.targetRefs: is required",
            "spec.backendRef: is required",
            "spec.pathPrefix: 'check' must be a path that begins with /",
            "spec.timeout: '2m' must be above 0 up to 1m",
            "spec.failureMode: 'MAYBE' must be one of REFUSE, ALLOW",
            "spec.clientHeaders: must be tokens (RFC 9110 section 5.6.2), was a b",
            "spec.pathPrefix: '/check' must be absent beside grpc",
            "spec.grpc.contextExtension: is unknown",
            "spec.statusOnError: '200' must be",
            "spec.includeRequestBodyInCheck.maxRequestBytes: is required",
            "spec.includeRequestBodyInCheck.allowPartialMessage: 'perhaps' must be one of",
            "xForwardedFor.trustedProxies: must be absent beside numTrustedHops",
            "xForwardedFor.trustedProxies: must be an IP address or a block");
  }

  @ParameterizedTest
  @CsvSource({
    "10.1.2.3/8, 10.0.0.0/8, 10.255.0.1, true",
    "10.0.0.0/8, 10.0.0.0/8, 11.0.0.1, false",
    "192.0.2.129/25, 192.0.2.128/25, 192.0.2.127, false",
    "192.0.2.1, 192.0.2.1/32, 192.0.2.1, true",
    "0.0.0.0/0, 0.0.0.0/0, 1.2.3.4, true",
    "0.0.0.0/0, 0.0.0.0/0, ::1, false",
    "fd12::1/9, fd00:0:0:0:0:0:0:0/9, fd7f::, true",
    "fd12::1/9, fd00:0:0:0:0:0:0:0/9, fd80::, false",
    "::ffff:10.0.0.1, 10.0.0.1/32, 10.0.0.1, true"
  })
  void blockHoldsTheAddressesThatShareItsPrefix(
      String text, String expected, String address, boolean inside) throws UnknownHostException {
    var block = Cidr.parse(text);
    assertThat(block).hasToString(expected);
    assertThat(block.contains(InetAddress.getByName(address).getAddress())).isEqualTo(inside);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "localhost", "10.0.0.0/", "10.0.0/8", "10.0.0.256", "1:2", "a:b::c:g"})
  void whatIsNoBlockIsRefusedWithoutLookingItUp(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Cidr.parse(text));
  }
}
