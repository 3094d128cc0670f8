package io.fairlead.xds;

import io.fairlead.traffic.EndpointHealth;
import io.fairlead.traffic.OutlierDetection;
import io.fairlead.traffic.OutlierDetection.Consecutive;
import io.fairlead.traffic.OutlierDetection.Ejection;
import io.fairlead.traffic.OutlierDetection.FailurePercentage;
import io.fairlead.traffic.OutlierDetection.SuccessRate;
import io.fairlead.traffic.SlowStart;
import java.time.Duration;
import java.util.Optional;

/** How the endpoints of an envoy.config.cluster.v3.Cluster are judged. Stateless. */
final class HealthDecoder {
  private static final int LEAST_REQUEST = 1;

  private HealthDecoder() {}

  /**
   * Cluster: lb_policy 6, outlier_detection 19, common_lb_config 27 (healthy_panic_threshold 1:
   * value 1), least_request_lb_config 37 (slow_start_config 3), round_robin_lb_config 56
   * (slow_start_config 1).
   */
  static Optional<EndpointHealth> health(ProtoMessage cluster) {
    var outliers = cluster.optional(19).map(HealthDecoder::outliers);
    var slowStart =
        cluster.intNumber(6) == LEAST_REQUEST
            ? cluster.message(37).optional(3)
            : cluster.message(56).optional(1);
    var panic = cluster.message(27).optional(1).map(percent -> percent.doubleNumber(1));
    var check = HealthCheckDecoder.check(cluster);
    if (outliers.isEmpty() && check.isEmpty() && slowStart.isEmpty() && panic.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new EndpointHealth(
            outliers,
            check,
            slowStart.map(HealthDecoder::slowStart),
            panic.orElse(EndpointHealth.DEFAULT_PANIC_PERCENT)));
  }

  /**
   * SlowStartConfig: slow_start_window 1, aggression 2 (default_value 1), min_weight_percent 3
   * (value 1).
   */
  private static SlowStart slowStart(ProtoMessage m) {
    return new SlowStart(
        m.duration(1),
        m.has(2) ? m.message(2).doubleNumber(1) : 1,
        m.has(3) ? m.message(3).doubleNumber(1) : 10);
  }

  /** OutlierDetection; the numbers of its fields stand beside their use. */
  private static OutlierDetection outliers(ProtoMessage m) {
    if (m.flag(12)) {
      throw new DecodeException("split_external_local_origin_errors: is not supported");
    }
    var d = OutlierDetection.defaults();
    var rate = d.successRate();
    var percentage = d.failurePercentage();
    return new OutlierDetection(
        consecutive(m, 1, 5, d.consecutive5xx()),
        consecutive(m, 10, 11, d.consecutiveGatewayFailure()),
        new SuccessRate(
            number(m, 7, rate.minimumHosts()),
            number(m, 8, rate.requestVolume()),
            number(m, 9, rate.stdevFactor()),
            number(m, 6, rate.enforcingPercent())),
        new FailurePercentage(
            number(m, 16, percentage.threshold()),
            number(m, 19, percentage.minimumHosts()),
            number(m, 20, percentage.requestVolume()),
            number(m, 17, percentage.enforcingPercent())),
        new Ejection(
            time(m, 2, d.ejection().interval()),
            time(m, 3, d.ejection().baseTime()),
            time(m, 21, d.ejection().maxTime()),
            number(m, 4, d.ejection().maxPercent())));
  }

  private static Consecutive consecutive(
      ProtoMessage m, int threshold, int enforcing, Consecutive otherwise) {
    return new Consecutive(
        number(m, threshold, otherwise.threshold()),
        number(m, enforcing, otherwise.enforcingPercent()));
  }

  private static int number(ProtoMessage m, int field, int otherwise) {
    return BalancingWire.wrapped(m, field, otherwise);
  }

  private static Duration time(ProtoMessage m, int field, Duration otherwise) {
    return m.has(field) ? m.duration(field) : otherwise;
  }
}
