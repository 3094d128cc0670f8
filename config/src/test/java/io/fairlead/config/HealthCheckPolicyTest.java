package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class HealthCheckPolicyTest {
  private static Manifests parse(String spec) {
    var text =
        """
        apiVersion: fairlead.io/v1
        kind: HealthCheckPolicy
        metadata: { name: bank }
        spec:
          targetRefs: [{ kind: Service, name: bank }]
        """;
    return Manifests.parse("m.yaml", text + spec.indent(2), Manifests.ReferencedFiles.NONE);
  }

  private static HealthCheckPolicy policy(String spec) {
    var parsed = parse(spec);
    assertThat(parsed.faults()).isEmpty();
    return (HealthCheckPolicy) parsed.documents().getFirst();
  }

  @Test
  void everyFieldIsRead() {
    var policy =
        policy(
            """
            http: { host: h, path: /ready, expectedStatuses: [200-299, 304] }
            interval: 1s
            timeout: 100ms
            intervalJitterPercent: 0
            unhealthyThreshold: 4
            healthyThreshold: 5
            """);
    assertThat(policy.http())
        .contains(
            new HealthCheckPolicy.HttpProbe(
                "h",
                "/ready",
                List.of(
                    new HealthCheckPolicy.Statuses(200, 299),
                    new HealthCheckPolicy.Statuses(304, 304))));
    assertThat(policy.interval()).isEqualTo(Duration.ofSeconds(1));
    assertThat(policy.timeout()).isEqualTo(Duration.ofMillis(100));
    assertThat(policy.intervalJitterPercent()).isZero();
    assertThat(policy.unhealthyThreshold()).isEqualTo(4);
    assertThat(policy.healthyThreshold()).isEqualTo(5);
  }

  @Test
  void whatIsLeftOutHasADefault() {
    var http = policy("http: {}");
    var ok = List.of(new HealthCheckPolicy.Statuses(200, 200));
    assertThat(http.http()).contains(new HealthCheckPolicy.HttpProbe("", "/", ok));
    assertThat(policy("grpc: {}").grpc()).contains(new HealthCheckPolicy.GrpcProbe("", ""));
    assertThat(policy("grpc: { service: bank.Payments, authority: bank }").grpc())
        .contains(new HealthCheckPolicy.GrpcProbe("bank", "bank.Payments"));
    var tcp = policy("tcp: {}");
    assertThat(tcp.grpc()).isEmpty();
    assertThat(tcp.http()).isEmpty();
    assertThat(tcp.interval()).isEqualTo(Duration.ofSeconds(5));
    assertThat(tcp.timeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(tcp.intervalJitterPercent()).isEqualTo(10);
    assertThat(tcp.unhealthyThreshold()).isEqualTo(3);
    assertThat(tcp.healthyThreshold()).isEqualTo(2);
  }

  @Test
  void everythingThatIsWrongIsNamed() {
    var text =
        """
        http: { path: ready, expectedStatuses: [299-200, 2xx] }
        interval: 2h
        udp: {}
        """;
    assertThat(parse(text).faults())
        .extracting(Fault::toString)
        .satisfiesExactlyInAnyOrder(
            f -> assertThat(f).contains("spec.http.path: 'ready' must begin with /"),
            f -> assertThat(f).contains("such as 200 or 200-299, holds 299-200"),
            f -> assertThat(f).contains("such as 200 or 200-299, holds 2xx"),
            f -> assertThat(f).contains("spec.interval: '2h' must be 1ms to 1h"),
            f -> assertThat(f).contains("spec.udp: is unknown"));
    assertThat(parse("interval: 1s").faults())
        .singleElement()
        .asString()
        .contains("spec.http: or grpc or tcp must stand there, and only one of them");
    assertThat(parse("http: {}\ngrpc: { service: ä }").faults())
        .extracting(Fault::toString)
        .satisfiesExactlyInAnyOrder(
            f -> assertThat(f).contains("only one of them"),
            f -> assertThat(f).contains("spec.grpc.service: 'ä' must be visible ASCII"));
  }
}
