package io.fairlead.interop.envoy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.interop.envoy.EnvoyProcess.Variant;
import io.fairlead.testkit.FreePorts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real Envoy enforces our limits, and has our control plane count for it. */
class EnvoyLimitsIT {
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

  private static final String ROUTE =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: { name: bank }
      spec:
        parentRefs: [{ kind: Service, name: bank }]
        rules: [{ backendRefs: [{ name: bank }] }]
      """;

  private static final String COUNTED =
      """
      ---
      apiVersion: fairlead.io/v1
      kind: RateLimitPolicy
      metadata: { name: bank }
      spec:
        targetRefs: [{ kind: HTTPRoute, name: bank }]
        backendRef: { name: limits }
        domain: bank
        timeout: 5s
        failureMode: REFUSE
        descriptors:
          - entries: [{ path: {} }]
          - entries: [{ genericKey: { value: dear } }, { requestHeader: { name: x-tenant } }]
            hits: 5
          - entries: [{ headerValueMatch: { value: red, headers: [{ name: x-red,
              type: Present }] } }, { remoteAddress: {} }]
      ---
      apiVersion: fairlead.io/v1
      kind: RateLimitDomain
      metadata: { name: bank }
      spec:
        domain: bank
        descriptors:
          - { key: path, value: /few, rateLimit: { requestsPerUnit: 3, unit: DAY } }
          - key: generic_key
            value: dear
            descriptors: [{ key: x-tenant, rateLimit: { requestsPerUnit: 10, unit: DAY } }]
          - key: header_match
            value: red
            descriptors: [{ key: remote_address, rateLimit: { requestsPerUnit: 1,
                unit: DAY } }]
      ---
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: { name: limits }
      spec:
        hosts: [limits]
        ports: [{ number: %d, name: grpc, protocol: GRPC }]
        resolution: STATIC
        endpoints: [{ address: 127.0.0.1 }]
      """;

  @Test
  void twoEnvoysCountTogetherAndTheNextRequestAboveTheLimitIsRefused() throws Exception {
    mesh.plain("bank", "bank-1");
    var first = mesh.envoy("order", Variant.DELTA_GRPC);
    var second = mesh.envoy("user", Variant.GRPC);
    mesh.apply(ROUTE + COUNTED.formatted(mesh.plainPort()));
    await()
        .atMost(BOUND)
        .until(
            () ->
                first.get("bank", "/").status() == 200 && second.get("bank", "/").status() == 200);
    await()
        .atMost(BOUND)
        .until(() -> first.get("bank", "/few?a").fields().containsKey("x-ratelimit-limit"));
    assertThat(second.get("bank", "/few?b").status()).isEqualTo(200);
    var last = first.get("bank", "/few");
    assertThat(last.status()).isEqualTo(200);
    assertThat(last.fields()).containsEntry("x-ratelimit-remaining", "0");
    assertThat(second.get("bank", "/few").status()).isEqualTo(429);
    assertThat(first.get("bank", "/few?c").status()).isEqualTo(429);
    assertThat(first.get("bank", "/many").status()).isEqualTo(200);
    for (int i = 0; i < 2; i++) {
      assertThat(first.get("bank", "/", "x-tenant: a").status()).isEqualTo(200);
    }
    assertThat(second.get("bank", "/", "x-tenant: a").status()).isEqualTo(429);
    assertThat(second.get("bank", "/", "x-tenant: b").status()).isEqualTo(200);
    assertThat(first.get("bank", "/", "x-red: 1").status()).isEqualTo(200);
    assertThat(first.get("bank", "/", "x-red: 1").status()).isEqualTo(429);
  }

  @Test
  void aRouteAndAServiceHaveLimitsOfTheirOwn() throws Exception {
    var application = new Backend("bank-1");
    mesh.meshed(application, "bank");
    mesh.plain("shop", "shop-1");
    var order = mesh.envoy("order", Variant.DELTA_GRPC);
    int web = FreePorts.one();
    mesh.apply(
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: { name: edge }
        spec: { listeners: [{ name: web, port: %d, protocol: HTTP }] }
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: { name: shop }
        spec:
          parentRefs: [{ kind: Gateway, name: edge }]
          rules: [{ backendRefs: [{ name: shop }] }]
        ---
        apiVersion: fairlead.io/v1
        kind: ResiliencePolicy
        metadata: { name: shop }
        spec:
          targetRefs: [{ kind: HTTPRoute, name: shop }]
          rateLimit: { limit: 2, period: 1h }
        ---
        apiVersion: fairlead.io/v1
        kind: ResiliencePolicy
        metadata: { name: bank }
        spec:
          targetRefs: [{ kind: Service, name: bank }]
          rateLimit: { limit: 3, period: 1h }
        """
            .formatted(web));
    mesh.gateway("edge", Variant.DELTA_GRPC);
    await().atMost(BOUND).until(() -> Answer.get(web, "any", "/").status() == 429);
    int before = application.requests().size();
    await().atMost(BOUND).until(() -> order.get("bank", "/").status() == 429);
    assertThat(application.requests().size() - before).isLessThanOrEqualTo(3);
  }

  @Test
  void callsAboveTheAdaptiveLimitAreRefused() throws Exception {
    var bank = mesh.plain("bank", "bank-1");
    mesh.plain("other", "other-1");
    var order = mesh.envoy("order", Variant.DELTA_GRPC);
    mesh.apply(
        """
        apiVersion: fairlead.io/v1
        kind: ResiliencePolicy
        metadata: { name: bank }
        spec:
          targetRefs: [{ kind: Service, name: bank }]
          timeout: { request: 20s }
          adaptiveLimit: { initialLimit: 2, minLimit: 1, maxLimit: 2 }
        """);
    await()
        .atMost(BOUND)
        .until(() -> order.envoy().admin("/config_dump").contains("AdaptiveConcurrency"));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 2; i++) {
        threads.submit(() -> order.get("bank", "/hang"));
      }
      await().atMost(BOUND).until(() -> bank.requests().size() == 2);
      assertThat(order.get("bank", "/").status()).isEqualTo(503);
      assertThat(order.get("other", "/").status()).isEqualTo(200);
      bank.close();
    }
  }
}
