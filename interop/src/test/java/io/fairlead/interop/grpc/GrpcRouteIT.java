package io.fairlead.interop.grpc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fairlead.config.Analysis;
import io.fairlead.config.Manifests;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.proxy.ApplyResult;
import io.fairlead.proxy.DataPlane;
import io.fairlead.proxy.DataPlaneSettings;
import io.fairlead.testkit.FreePorts;
import io.fairlead.traffic.Mesh;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Node;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls of grpc-java go through a gateway by the GRPCRoutes of its own files. */
class GrpcRouteIT {
  private static final byte[] HELLO = "hello".getBytes(US_ASCII);
  private static final String GATEWAY =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: { name: edge }
      spec: { listeners: [{ name: grpc, port: %d }] }
      """;
  private static final String ENTRY =
      """
      ---
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: { name: %1$s }
      spec:
        hosts: [%1$s.internal]
        ports: [{ number: %2$d, name: grpc, protocol: GRPC }]
        endpoints: [{ address: 127.0.0.1 }]
      """;
  private static final String ROUTE =
      """
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: GRPCRoute
      metadata: { name: echo }
      spec:
        parentRefs: [{ name: edge }]
        hostnames: [grpc.example]
        rules: %s
      """;
  private final EchoService one = new EchoService();
  private final EchoService two = new EchoService();
  private final List<Server> servers = new ArrayList<>();
  private final DataPlane plane =
      new DataPlane(DataPlaneSettings.of("test", "test").withEventLoops(1));
  private String entries = "";
  private Optional<ManagedChannel> channel = Optional.empty();

  @BeforeEach
  void start() throws IOException {
    int port = FreePorts.one();
    entries = GATEWAY.formatted(port) + entry("one", one) + entry("two", two);
    channel =
        Optional.of(
            NettyChannelBuilder.forAddress("127.0.0.1", port)
                .overrideAuthority("grpc.example")
                .usePlaintext()
                .build());
  }

  private String entry(String name, EchoService service) throws IOException {
    var server = NettyServerBuilder.forPort(0).addService(service.definition()).build().start();
    servers.add(server);
    return ENTRY.formatted(name, server.getPort());
  }

  @AfterEach
  void stop() throws InterruptedException {
    channel.orElseThrow().shutdownNow();
    servers.forEach(Server::shutdownNow);
    assertThat(channel.orElseThrow().awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    plane.close();
  }

  private void run(String text) {
    var parsed = Manifests.parse("edge.yaml", text, Manifests.ReferencedFiles.NONE);
    assertThat(parsed.faults()).isEmpty();
    assertThat(Analysis.faults(parsed.documents(), List.of())).isEmpty();
    var mesh = Mesh.of(parsed.documents(), CatalogSnapshot.empty(), MeshSettings.defaults());
    assertThat(plane.apply(mesh.snapshot(new Node.Gateway("edge-1", "edge"))))
        .isInstanceOf(ApplyResult.Applied.class);
  }

  private static byte[] call(Channel channel, MethodDescriptor<byte[], byte[]> method) {
    return ClientCalls.blockingUnaryCall(
        channel, method, CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS), HELLO);
  }

  private byte[] call(MethodDescriptor<byte[], byte[]> method) {
    return call(channel.orElseThrow(), method);
  }

  private Status refused(MethodDescriptor<byte[], byte[]> method) {
    var thrown =
        assertThatExceptionOfType(StatusRuntimeException.class).isThrownBy(() -> call(method));
    return thrown.actual().getStatus();
  }

  private Channel with(String name, String value) {
    var metadata = new Metadata();
    metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
    return ClientInterceptors.intercept(
        channel.orElseThrow(), MetadataUtils.newAttachHeadersInterceptor(metadata));
  }

  @Test
  void callsGoByServiceMethodAndHeader() {
    run(
        entries
            + ROUTE.formatted(
                """
                [
                  { matches: [{ method: { service: fairlead.test.Echo } }],
                    backendRefs: [{ name: one }] },
                  { matches: [{ method: { service: fairlead.test.Echo, method: Left } }],
                    backendRefs: [{ name: two }] },
                  { matches: [{ method: { service: fairlead.test.Echo, method: Unary },
                                headers: [{ name: x-version, value: "2" }] }],
                    backendRefs: [{ name: one, weight: 0 }, { name: two, weight: 1 }] }]
                """
                    .indent(2)));
    assertThat(call(EchoService.UNARY)).isEqualTo(HELLO);
    assertThat(one.calls).hasValue(1);
    assertThat(call(with("x-version", "2"), EchoService.UNARY)).isEqualTo(HELLO);
    assertThat(two.calls).hasValue(1);
    assertThat(call(EchoService.LEFT)).isNotEmpty();
    assertThat(one.calls).hasValue(1);
    var many =
        ClientCalls.blockingServerStreamingCall(
            channel.orElseThrow(), EchoService.MANY, CallOptions.DEFAULT, HELLO);
    int messages = 0;
    while (many.hasNext()) {
      assertThat(many.next()).isEqualTo(HELLO);
      messages++;
    }
    assertThat(messages).isEqualTo(EchoService.COUNT);
    assertThat(one.calls).hasValue(2);
  }

  @Test
  void expressionsTakeTheirMethodsAndTheRestIsUnimplemented() {
    run(
        entries
            + ROUTE.formatted(
                """
                [
                  { matches: [{ method: { type: RegularExpression, method: "Un.*|Fail" } }],
                    backendRefs: [{ name: one }] },
                  { matches: [{ method: { method: Fail } }], backendRefs: [{ name: two }] },
                  { matches: [{ method: { service: fairlead.test.Echo, method: Shaky } }],
                    backendRefs: [] }]
                """
                    .indent(2)));
    assertThat(call(EchoService.UNARY)).isEqualTo(HELLO);
    assertThat(refused(EchoService.FAIL).getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(one.calls).hasValue(1);
    assertThat(two.calls).hasValue(1);
    var status = refused(EchoService.LEFT);
    assertThat(status.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(status.getDescription()).startsWith("no-route: ");
    assertThat(refused(EchoService.SHAKY).getCode())
        .as("a rule without backend")
        .isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void aPolicyOfTheRouteRepeatsItsCalls() {
    run(
        entries
            + ROUTE.formatted("[{ backendRefs: [{ name: one }] }]")
            + """
            ---
            apiVersion: fairlead.io/v1
            kind: ResiliencePolicy
            metadata: { name: echo }
            spec:
              targetRefs: [{ kind: GRPCRoute, name: echo }]
              retry: { maxRetries: 4, initialDelay: 1ms, maxDelay: 2ms, on: [unavailable] }
            """);
    assertThat(call(EchoService.SHAKY)).isEqualTo(HELLO);
    assertThat(one.calls).hasValue(3);
  }
}
