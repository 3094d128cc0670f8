package io.fairlead.interop.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.EndpointHealth;
import io.fairlead.traffic.HealthCheck;
import io.fairlead.traffic.HostPort;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Health checks of gRPC, answered by grpc-java. */
class GrpcHealthIT {
  private final GrpcFront front = new GrpcFront();
  private final EchoService first = new EchoService();
  private final EchoService second = new EchoService();
  private final HealthStatusManager firstHealth = new HealthStatusManager();
  private final HealthStatusManager secondHealth = new HealthStatusManager();

  @AfterEach
  void stop() {
    front.close();
  }

  private void run(String service, HostPort... servers) {
    var check =
        new HealthCheck(
            new HealthCheck.Probe.Grpc("", service),
            Duration.ofMillis(20),
            Duration.ofSeconds(2),
            0,
            2,
            1);
    var health = new EndpointHealth(Optional.empty(), Optional.of(check), Optional.empty(), 0);
    Cluster cluster = GrpcFront.cluster("echo", servers).withHealth(health);
    front.run(List.of(), GrpcFront.route("echo"), cluster);
  }

  private HostPort serve(EchoService service, HealthStatusManager health) throws IOException {
    return front.serve(service::definition, health.getHealthService());
  }

  /** Which of both were called by some calls, and whether any failed. */
  private String called() {
    first.calls.set(0);
    second.calls.set(0);
    boolean failed = false;
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(front.address().host(), front.address().port())
            .usePlaintext()
            .build();
    for (int i = 0; i < 6; i++) {
      try {
        ClientCalls.blockingUnaryCall(channel, EchoService.UNARY, CallOptions.DEFAULT, new byte[1]);
      } catch (StatusRuntimeException e) {
        failed = true;
      }
    }
    channel.shutdownNow();
    return (first.calls.get() > 0 ? "first " : "")
        + (second.calls.get() > 0 ? "second " : "")
        + (failed ? "failed" : "");
  }

  private void awaitCalled(String wanted) {
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(called().strip()).isEqualTo(wanted));
  }

  @Test
  void onlyWhoIsServingIsCalled() throws IOException {
    run("", serve(first, firstHealth), serve(second, secondHealth));
    awaitCalled("first second");
    firstHealth.setStatus("", ServingStatus.NOT_SERVING);
    awaitCalled("second");
    secondHealth.setStatus("", ServingStatus.UNKNOWN);
    awaitCalled("failed");
    firstHealth.setStatus("", ServingStatus.SERVING);
    awaitCalled("first");
  }

  @Test
  void aServiceIsAskedForByItsName() throws IOException {
    firstHealth.setStatus("fairlead.test.Echo", ServingStatus.SERVING);
    run("fairlead.test.Echo", serve(first, firstHealth), serve(second, secondHealth));
    awaitCalled("first");
    secondHealth.setStatus("fairlead.test.Echo", ServingStatus.SERVING);
    awaitCalled("first second");
  }

  @Test
  void aServerWithoutHealthChecksIsNotWell() throws IOException {
    HostPort without = front.serve(second::definition);
    run("", serve(first, firstHealth), without);
    awaitCalled("first");
    front.stop(without);
    firstHealth.enterTerminalState();
    awaitCalled("failed");
  }
}
