package io.fairlead.xds;

import io.fairlead.traffic.HealthCheck;
import io.fairlead.traffic.HealthCheck.Probe;
import io.fairlead.traffic.HealthCheck.Statuses;
import java.util.List;
import java.util.Optional;

/** envoy.config.core.v3.HealthCheck. Stateless. */
final class HealthCheckDecoder {
  private HealthCheckDecoder() {}

  /** Cluster: health_checks 8. */
  static Optional<HealthCheck> check(ProtoMessage cluster) {
    var checks = cluster.messages(8);
    if (checks.size() > 1) {
      throw new DecodeException("health_checks: must be one at most, were " + checks.size());
    }
    return checks.stream().findFirst().map(HealthCheckDecoder::healthCheck);
  }

  /**
   * HealthCheck: timeout 1, interval 2, unhealthy_threshold 4, healthy_threshold 5,
   * http_health_check 8, tcp_health_check 9, grpc_health_check 11, interval_jitter_percent 18.
   */
  private static HealthCheck healthCheck(ProtoMessage m) {
    return new HealthCheck(
        probe(m),
        m.duration(2),
        m.duration(1),
        m.intNumber(18),
        BalancingWire.wrapped(m, 4, 1),
        BalancingWire.wrapped(m, 5, 1));
  }

  /**
   * HttpHealthCheck: host 1, path 2, expected_statuses 9 (start 1, end 2, which is not in it).
   * GrpcHealthCheck: service_name 1, authority 2.
   */
  private static Probe probe(ProtoMessage m) {
    if (m.has(9)) {
      var tcp = m.message(9);
      if (tcp.has(1) || tcp.has(2)) {
        throw new DecodeException("tcp_health_check: send and receive are not supported");
      }
      return new Probe.Tcp();
    }
    if (m.has(11)) {
      var grpc = m.message(11);
      return new Probe.Grpc(grpc.text(2), grpc.text(1));
    }
    if (!m.has(8)) {
      throw new DecodeException("health_check: only those by http, tcp and grpc are known");
    }
    var http = m.message(8);
    var expected =
        http.messages(9).stream()
            .map(range -> new Statuses(range.intNumber(1), range.intNumber(2) - 1))
            .toList();
    return new Probe.Http(
        http.text(1),
        http.text(2),
        expected.isEmpty() ? List.of(new Statuses(200, 200)) : expected);
  }
}
