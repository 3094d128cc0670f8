package io.fairlead.interop.envoy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.interop.envoy.EnvoyProcess.Variant;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A real Envoy does what our configuration says, and refuses nothing of it. */
class EnvoyIT {
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
  void changesArriveAndAnEndpointThatLeavesGetsNoMoreRequests(Variant variant) throws Exception {
    mesh.plain("bank", "bank-1");
    var order = mesh.envoy("order", variant);
    assertThat(order.get("bank", "/").from()).isEqualTo("bank-1");
    assertThat(order.get("nobody", "/").status()).isEqualTo(404);
    var second = mesh.plain("bank", "bank-2");
    await().atMost(BOUND).until(() -> order.get("bank", "/").from().equals("bank-2"));
    mesh.leave("bank", "bank-2");
    await().atMost(BOUND).until(() -> order.envoy().stat("cluster.bank.membership_total") == 1);
    int before = second.requests().size();
    for (int i = 0; i < 20; i++) {
      assertThat(order.get("bank", "/").from()).isEqualTo("bank-1");
    }
    assertThat(second.requests()).hasSize(before);
    mesh.plain("later", "later-1");
    await().atMost(BOUND).until(() -> order.get("later", "/").from().equals("later-1"));
    mesh.leave("later", "later-1");
    await().atMost(BOUND).until(() -> order.get("later", "/").status() == 404);
    mesh.allAccepted();
    assertThat(mesh.proxies())
        .contains("\"type\":\"CLUSTER\",\"state\":\"SYNCED\"")
        .contains("\"type\":\"ENDPOINT\",\"state\":\"SYNCED\"")
        .contains("\"type\":\"SECRET\",\"state\":\"SYNCED\"")
        .contains("\"type\":\"LISTENER\",\"state\":\"SYNCED\"")
        .contains("\"type\":\"ROUTE\",\"state\":\"SYNCED\"");
  }

  @Test
  void routesShareRequestsByWeightAndChangeThem() throws Exception {
    mesh.plain("bank", "bank-1");
    mesh.plain("next", "next-1");
    var order = mesh.envoy("order", Variant.DELTA_GRPC);
    mesh.apply(
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: { name: bank }
        spec:
          parentRefs: [{ kind: Service, name: bank }]
          rules:
            - matches: [{ path: { type: PathPrefix, value: /old }, headers: [{ name: x-way,
                value: new }] }]
              filters:
                - type: URLRewrite
                  urlRewrite: { path: { type: ReplacePrefixMatch, replacePrefixMatch: /new } }
                - type: RequestHeaderModifier
                  requestHeaderModifier: { set: [{ name: x-set, value: here }], remove: [x-gone] }
                - type: ResponseHeaderModifier
                  responseHeaderModifier: { add: [{ name: x-answered, value: "yes" }] }
              backendRefs: [{ name: next }]
            - matches: [{ path: { type: RegularExpression, value: "/r[0-9]+" } }]
              filters:
                - type: RequestRedirect
                  requestRedirect: { hostname: else.example, statusCode: 302 }
            - backendRefs: [{ name: bank, weight: 80 }, { name: next, weight: 20 }]
        """);
    var changed = order.get("bank", "/old/a?b=c", "x-way: new", "x-gone: 1");
    assertThat(changed.from()).isEqualTo("next-1");
    assertThat(changed.fields()).containsEntry("x-answered", "yes");
    var moved = order.get("bank", "/r42");
    assertThat(moved.status()).isEqualTo(302);
    assertThat(moved.fields().get("location")).contains("else.example");
    Map<String, Integer> shares = new HashMap<>();
    for (int i = 0; i < 300; i++) {
      shares.merge(order.get("bank", "/").from(), 1, Integer::sum);
    }
    assertThat(shares.get("bank-1")).isBetween(200, 280);
    assertThat(shares.get("next-1")).isBetween(20, 100);
  }

  @Test
  void aFailingCallIsRepeatedAndASlowOneGivenUp() throws Exception {
    mesh.plain("bank", "bank-1");
    var order = mesh.envoy("order", Variant.DELTA_GRPC);
    mesh.apply(
        """
        apiVersion: fairlead.io/v1
        kind: ResiliencePolicy
        metadata: { name: bank }
        spec:
          targetRefs: [{ kind: Service, name: bank }]
          timeout: { request: 1s, connect: 300ms }
          retry: { maxRetries: 2, on: [connect-failure, gateway-error], initialDelay: 10ms,
              maxDelay: 20ms }
          bulkhead: { maxConcurrentCalls: 5 }
        """);
    await()
        .atMost(BOUND)
        .until(
            () -> {
              long before = order.envoy().stat("cluster.bank.upstream_rq_retry");
              assertThat(order.get("bank", "/status/503").status()).isEqualTo(503);
              return order.envoy().stat("cluster.bank.upstream_rq_retry") == before + 2;
            });
    assertThat(order.get("bank", "/status/500").status()).isEqualTo(500);
    assertThat(order.get("bank", "/hang").status()).isEqualTo(504);
  }

  @Test
  void anEndpointThatFailsIsEjected() throws Exception {
    mesh.plain("bank", "bank-1");
    mesh.plain("bank", "bank-2");
    var order = mesh.envoy("order", Variant.DELTA_GRPC);
    mesh.apply(
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: { name: bank }
        spec:
          host: bank
          trafficPolicy:
            loadBalancer: { simple: ROUND_ROBIN, warmup: { duration: 1s } }
            outlierDetection: { consecutive5xxErrors: 3, baseEjectionTime: 1m,
                maxEjectionPercent: 50 }
            connectionPool: { tcp: { maxConnections: 100 }, http: { http1MaxPendingRequests: 10 } }
        """);
    await()
        .atMost(BOUND)
        .until(
            () -> {
              order.get("bank", "/status/500");
              return order.envoy().stat("cluster.bank.outlier_detection.ejections_active") == 1;
            });
    var left = order.get("bank", "/").from();
    for (int i = 0; i < 10; i++) {
      assertThat(order.get("bank", "/").from()).isEqualTo(left);
    }
  }

  @Test
  void faultsAreInjected() throws Exception {
    mesh.plain("bank", "bank-1");
    var order = mesh.envoy("order", Variant.DELTA_GRPC);
    mesh.apply(
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: { name: bank }
        spec:
          parentRefs: [{ kind: Service, name: bank }]
          rules:
            - filters: [{ type: CORS, cors: { allowOrigins: ["https://shop.example"] } }]
              backendRefs: [{ name: bank }]
        ---
        apiVersion: fairlead.io/v1
        kind: RoutePolicy
        metadata: { name: bank }
        spec:
          targetRefs: [{ kind: HTTPRoute, name: bank }]
          fault:
            abort: { httpStatus: 418, percentage: 100 }
            headers: [{ name: x-try, value: "yes" }]
          hedge: { delay: 200ms }
        """);
    await().atMost(BOUND).until(() -> order.get("bank", "/", "x-try: yes").status() == 418);
    assertThat(order.get("bank", "/").from()).isEqualTo("bank-1");
    assertThat(order.get("bank", "/", "origin: https://shop.example").fields())
        .containsEntry("access-control-allow-origin", "https://shop.example");
  }

  @Test
  void envoysSpeakMutualTlsAndOnlyWhoMayCallIsLetIn() throws Exception {
    var bank = new Backend("bank-1");
    var callee = mesh.meshed(bank, "bank");
    var order = mesh.envoy("order", Variant.GRPC);
    var stranger = mesh.envoy("stranger", Variant.DELTA_GRPC);
    await().atMost(BOUND).until(() -> order.get("bank", "/").from().equals("bank-1"));
    assertThat(stranger.get("bank", "/").from()).isEqualTo("bank-1");
    mesh.apply(
        """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: { name: bank }
        spec:
          targetRefs: [{ kind: Service, name: bank }]
          action: ALLOW
          rules: [{ from: [{ source: { principals: [cluster.local/ns/default/sa/order] } }] }]
        """);
    await().atMost(BOUND).until(() -> stranger.get("bank", "/").status() == 403);
    assertThat(order.get("bank", "/").from()).isEqualTo("bank-1");
    assertThat(callee.envoy().stat("listener.127.0.0.1_" + callee.inbound() + ".ssl.handshake"))
        .isPositive();
  }
}
