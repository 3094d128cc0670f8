package io.fairlead.interop.grpc;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.server.Server;
import io.fairlead.control.ControlPlane;
import io.fairlead.control.ControlSettings;
import io.fairlead.discovery.InstanceKey;
import io.fairlead.interop.envoy.MemoryCatalog;
import io.fairlead.traffic.MeshSettings;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** An unmodified grpc-java takes names, endpoints, routes and policies from the control plane. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GrpcXdsIT {
  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final String BOOTSTRAP = "io.grpc.xds.bootstrapConfig";

  private final MemoryCatalog catalog = new MemoryCatalog();
  private final List<String> documents = new ArrayList<>();
  private final Map<InstanceKey, Peer> peers = new HashMap<>();
  private Optional<ControlPlane> control = Optional.empty();
  private Optional<Server> server = Optional.empty();
  private Optional<ManagedChannel> channel = Optional.empty();

  private record Peer(io.grpc.Server server, EchoService echo) {}

  /** One for all tests: the library reads its bootstrap once. */
  @BeforeAll
  void startControlPlane(@TempDir Path data) throws IOException {
    var settings =
        new ControlSettings(data, Optional.empty(), MeshSettings.defaults(), Duration.ofHours(1));
    var started = ControlPlane.start(settings, catalog, Clock.systemUTC());
    control = Optional.of(started);
    var builder = Server.builder().http(0).gracefulShutdownTimeoutMillis(0, 0);
    started.addApi(builder);
    started.addPlainXds(builder);
    var listening = builder.build();
    listening.start().join();
    server = Optional.of(listening);
    System.setProperty(
        BOOTSTRAP,
        """
        {
          "xds_servers": [{
            "server_uri": "127.0.0.1:%d",
            "channel_creds": [{ "type": "insecure" }],
            "server_features": ["xds_v3"]
          }],
          "node": { "id": "order-1" }
        }
        """
            .formatted(listening.activeLocalPort()));
  }

  @AfterAll
  void stopControlPlane() throws IOException {
    System.clearProperty(BOOTSTRAP);
    server.ifPresent(listening -> listening.stop().join());
    if (control.isPresent()) {
      control.get().close();
    }
  }

  @BeforeEach
  void twoInstances() throws Exception {
    start("bank", "bank-1");
    start("bank", "bank-2");
    channel =
        Optional.of(
            Grpc.newChannelBuilder("xds:///bank", InsecureChannelCredentials.create()).build());
  }

  @AfterEach
  void stop() throws Exception {
    for (var document : documents) {
      send("DELETE", document, "");
    }
    documents.clear();
    channel.ifPresent(ManagedChannel::shutdownNow);
    peers.forEach(
        (key, peer) -> {
          catalog.remove(key);
          peer.server.shutdownNow();
        });
    peers.clear();
  }

  private EchoService start(String service, String id) throws IOException {
    var echo = new EchoService();
    var listening =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(echo.definition())
            .build()
            .start();
    var key = new InstanceKey(service, id);
    peers.put(key, new Peer(listening, echo));
    catalog.put(key, listening.getPort(), Map.of());
    return echo;
  }

  private int calls(String service, String id) {
    var peer = peers.get(new InstanceKey(service, id));
    return peer == null ? 0 : peer.echo.calls.get();
  }

  private byte[] call(MethodDescriptor<byte[], byte[]> method) {
    return ClientCalls.blockingUnaryCall(
        channel.orElseThrow(), method, CallOptions.DEFAULT.withWaitForReady(), new byte[] {7});
  }

  private boolean nothingReaches(String service, String id) {
    int before = calls(service, id);
    for (int i = 0; i < 20; i++) {
      assertThat(call(EchoService.UNARY)).containsExactly(7);
    }
    return calls(service, id) == before;
  }

  /** Brings a document into force, for this test alone. */
  private void apply(String kind, String name, String yaml) throws Exception {
    documents.add("/v1/config/" + kind + "/default/" + name);
    var answer = send("POST", "/v1/config?file=test.yaml", yaml);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  private String proxies() throws Exception {
    return send("GET", "/v1/proxies", "").body();
  }

  private HttpResponse<String> send(String method, String path, String body) throws Exception {
    int port = server.orElseThrow().activeLocalPort();
    var uri = URI.create("http://127.0.0.1:" + port + path);
    try (var http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(uri)
              .method(method, HttpRequest.BodyPublishers.ofString(body))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void callsReachBothInstancesAndNoneThatHasLeft() throws Exception {
    await()
        .atMost(BOUND)
        .until(
            () -> {
              call(EchoService.UNARY);
              return calls("bank", "bank-1") > 0 && calls("bank", "bank-2") > 0;
            });
    assertThat(proxies()).contains("\"client\"").doesNotContain("REJECTED");
    catalog.remove(new InstanceKey("bank", "bank-1"));
    await().atMost(BOUND).until(() -> nothingReaches("bank", "bank-1"));
    start("bank", "bank-3");
    await().atMost(BOUND).until(() -> !nothingReaches("bank", "bank-3"));
  }

  @Test
  void aChangeOfRoutesIsFollowedAlsoBesideOneThatItCannotTake() throws Exception {
    start("bank-next", "next-1");
    assertThat(call(EchoService.UNARY)).containsExactly(7);
    apply(
        "HTTPRoute",
        "canary",
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: { name: canary }
        spec:
          parentRefs: [{ kind: Service, group: "", name: bank }]
          rules:
            - matches: [{ path: { type: Exact, value: /fairlead.test.Echo/Fail } }]
              filters: [{ type: RequestRedirect, requestRedirect: { hostname: other } }]
            - matches: [{ path: { type: PathPrefix, value: /fairlead.test.Echo } }]
              backendRefs:
                - { name: bank, port: 80, weight: 0 }
                - { name: bank-next, port: 80, weight: 1 }
        """);
    await()
        .atMost(BOUND)
        .until(() -> nothingReaches("bank", "bank-1") && nothingReaches("bank", "bank-2"));
    assertThat(calls("bank-next", "next-1")).isPositive();
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> call(EchoService.FAIL))
        .matches(failed -> failed.getStatus().getCode() == Status.Code.UNAVAILABLE);
    assertThat(proxies()).doesNotContain("REJECTED");
  }

  @Test
  void itFollowsAGrpcRouteOfItsService() throws Exception {
    start("bank-next", "next-1");
    assertThat(call(EchoService.UNARY)).containsExactly(7);
    apply(
        "GRPCRoute",
        "canary",
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: GRPCRoute
        metadata: { name: canary }
        spec:
          parentRefs: [{ kind: Service, group: "", name: bank }]
          rules:
            - backendRefs: [{ name: bank, port: 80 }]
            - matches: [{ method: { method: Fail } }]
              backendRefs: []
            - matches: [{ method: { service: fairlead.test.Echo, method: Unary } }]
              backendRefs: [{ name: bank-next, port: 80 }]
        """);
    await()
        .atMost(BOUND)
        .until(() -> nothingReaches("bank", "bank-1") && nothingReaches("bank", "bank-2"));
    assertThat(calls("bank-next", "next-1")).isPositive();
    assertThat(call(EchoService.LEFT)).isNotEmpty();
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> call(EchoService.FAIL))
        .matches(failed -> failed.getStatus().getCode() == Status.Code.UNAVAILABLE);
    assertThat(proxies()).doesNotContain("REJECTED");
  }

  @Test
  void itsCallsEndAfterTheTimeoutAndAreRepeatedAsThePolicySays() throws Exception {
    apply(
        "ResiliencePolicy",
        "bank",
        """
        apiVersion: fairlead.io/v1
        kind: ResiliencePolicy
        metadata: { name: bank }
        spec:
          targetRefs: [{ kind: Service, name: bank }]
          timeout: { request: 3s }
          retry: { maxRetries: 4, initialDelay: 10ms, maxDelay: 20ms, on: [unavailable] }
          bulkhead: { maxConcurrentCalls: 100 }
        """);
    catalog.remove(new InstanceKey("bank", "bank-2"));
    await()
        .atMost(BOUND)
        .ignoreExceptions()
        .until(
            () -> {
              int before = calls("bank", "bank-1");
              call(EchoService.SHAKY);
              return calls("bank", "bank-1") > before + 1;
            });
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> call(EchoService.NEVER))
        .matches(failed -> failed.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED);
    assertThat(proxies()).doesNotContain("REJECTED");
  }

  @Test
  void aServiceBehindMutualTlsIsNotThereForIt() throws Exception {
    var listening = requireNonNull(peers.get(new InstanceKey("bank", "bank-1")));
    var key = new InstanceKey("vault", "vault-1");
    catalog.put(key, listening.server.getPort(), Map.of(MeshSettings.MTLS, "true"));
    var vault = Grpc.newChannelBuilder("xds:///vault", InsecureChannelCredentials.create()).build();
    try {
      assertThatExceptionOfType(StatusRuntimeException.class)
          .isThrownBy(
              () ->
                  ClientCalls.blockingUnaryCall(
                      vault, EchoService.UNARY, CallOptions.DEFAULT, new byte[] {7}))
          .matches(failed -> failed.getStatus().getCode() == Status.Code.UNAVAILABLE);
    } finally {
      vault.shutdownNow();
      catalog.remove(key);
    }
  }
}
