package io.fairlead.interop.envoy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.interop.envoy.EnvoyProcess.Variant;
import io.fairlead.testkit.FreePorts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A real Envoy serves a Gateway with as many kinds of documents as fit together. */
class EnvoyGatewayIT {
  private static final Duration BOUND = EnvoyMesh.BOUND;
  @TempDir private Path data;
  private EnvoyMesh mesh;

  @BeforeEach
  void start() throws Exception {
    mesh = new EnvoyMesh(data, Duration.ofHours(1));
  }

  @AfterEach
  void stop() throws Exception {
    mesh.close();
  }

  @ParameterizedTest
  @EnumSource(Variant.class)
  void everyKindOfDocumentIsAcceptedAndFollowed(Variant variant) throws Exception {
    mesh.plainAt("west/a", "shop", "shop-1");
    var application = new Backend("bank-1");
    mesh.meshed(application, "bank");
    int web = FreePorts.one();
    int raw = FreePorts.one();
    Path log = data.resolve("access.log");
    mesh.apply(DOCUMENTS.formatted(web, raw, log));
    var edge = mesh.gateway("edge", variant);
    await().atMost(BOUND).until(() -> Answer.get(web, "shop.example", "/").from().equals("shop-1"));
    assertThat(Answer.get(web, "shop.example", "/users/7/orders").from()).isEqualTo("bank-1");
    assertThat(Answer.get(web, "shop.example", "/admin").status()).isEqualTo(403);
    assertThat(Answer.get(raw, "any", "/").from()).isEqualTo("shop-1");
    var forged = Answer.get(web, "shop.example", "/", "authorization: Bearer a.b.c");
    assertThat(forged.status()).isEqualTo(401);
    assertThat(edge.stat("cluster.shop.health_check.success")).isPositive();
    await()
        .atMost(BOUND)
        .until(() -> Files.exists(log) && Files.readString(log).contains("/admin"));
    assertThat(edge.admin("/clusters")).contains("::region::west").contains("::zone::a");
    mesh.allAccepted();
  }

  private static final String DOCUMENTS =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: { name: edge }
      spec:
        listeners:
          - { name: web, port: %d, protocol: HTTP }
          - { name: tcp-raw, port: %d, protocol: TCP }
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: { name: shop }
      spec:
        parentRefs: [{ kind: Gateway, name: edge, sectionName: web }]
        hostnames: [shop.example]
        rules:
          - matches: [{ path: { type: URITemplate, value: "/users/{id}/orders" } }]
            backendRefs: [{ name: bank }]
          - matches:
              - { path: { type: PathPrefix, value: /x }, queryParams: [{ name: q, type: Present }] }
              - { path: { type: PathPrefix, value: /x }, headers: [{ name: h, type: Contains,
                  value: v, invert: true }] }
            timeouts: { request: 3s, backendRequest: 1s }
            retry: { codes: [503], attempts: 2, backoff: 20ms }
            filters:
              - type: RequestMirror
                requestMirror: { backendRef: { name: bank }, percent: 10 }
            backendRefs: [{ name: shop }]
          - backendRefs: [{ name: shop }]
      ---
      apiVersion: gateway.networking.k8s.io/v1alpha2
      kind: TCPRoute
      metadata: { name: raw }
      spec:
        parentRefs: [{ name: edge, sectionName: tcp-raw }]
        rules: [{ backendRefs: [{ name: shop }] }]
      ---
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: { name: shop }
      spec:
        host: shop
        trafficPolicy:
          loadBalancer: { consistentHash: { httpHeaderName: x-user, maglev: { tableSize: 251 } } }
          outlierDetection: { consecutiveGatewayErrors: 3, interval: 1s }
          connectionPool:
            tcp: { maxConnections: 50, maxConnectionDuration: 1m }
            http: { http2MaxRequests: 100, maxRequestsPerConnection: 10 }
      ---
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: { name: bank }
      spec:
        host: bank
        trafficPolicy: { loadBalancer: { consistentHash: { useSourceIp: true,
            ringHash: { minimumRingSize: 64 } } } }
      ---
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: { name: robin }
      spec:
        host: robin
        trafficPolicy: { loadBalancer: { localityLbSetting: { zoneAware: { minClusterSize: 2 } } } }
      ---
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: { name: outside }
      spec:
        hosts: [localhost]
        ports: [{ number: 80, name: http, protocol: HTTP }]
        resolution: DNS
      ---
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: { name: robin }
      spec:
        hosts: [robin]
        ports: [{ number: 80, name: grpc, protocol: GRPC }]
        resolution: DNS_ROUND_ROBIN
        endpoints: [{ address: localhost, ports: { grpc: 81 } }]
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: BackendTLSPolicy
      metadata: { name: outside }
      spec:
        targetRefs: [{ kind: Service, name: outside }]
        validation: { hostname: localhost, wellKnownCACertificates: System }
      ---
      apiVersion: fairlead.io/v1
      kind: HealthCheckPolicy
      metadata: { name: shop }
      spec: { targetRefs: [{ kind: Service, name: shop }], http: { path: /ready }, interval: 1s }
      ---
      apiVersion: fairlead.io/v1
      kind: ResiliencePolicy
      metadata: { name: shop }
      spec:
        targetRefs: [{ kind: Service, name: shop }]
        circuitBreaker: { failureRateThreshold: 50 }
        retry: { maxRetries: 1, on: [reset, 5xx, too-many-requests, unavailable], jitterMode: FULL }
        timeout: { request: 2s }
        adaptiveLimit: { algorithm: GRADIENT }
      ---
      apiVersion: security.istio.io/v1
      kind: AuthorizationPolicy
      metadata: { name: admin }
      spec:
        targetRefs: [{ kind: Gateway, name: edge }]
        action: DENY
        rules:
          - from: [{ source: { notRequestPrincipals: ["*"] } }]
            to: [{ operation: { paths: [/admin, "/a/{*}/b"], methods: [GET] } }]
            when: [{ key: "request.headers[x-no]", notValues: ["1"] }]
      ---
      apiVersion: security.istio.io/v1
      kind: RequestAuthentication
      metadata: { name: tokens }
      spec:
        targetRefs: [{ kind: Gateway, name: edge }]
        jwtRules:
          - issuer: us
            jwks: '{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1",
              "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}'
            outputClaimToHeaders: [{ header: x-sub, claim: sub }]
      ---
      apiVersion: fairlead.io/v1
      kind: ClientPolicy
      metadata: { name: edge }
      spec:
        targetRefs: [{ kind: Gateway, name: edge }]
        xForwardedFor: { trustedProxies: [10.0.0.0/8] }
        headersWithUnderscores: DROP
      ---
      apiVersion: fairlead.io/v1
      kind: AccessLog
      metadata: { name: edge }
      spec: { targetRefs: [{ kind: Gateway, name: edge }], path: %s }
      """;
}
