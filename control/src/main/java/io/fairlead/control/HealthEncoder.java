package io.fairlead.control;

import com.google.protobuf.BoolValue;
import com.google.protobuf.Duration;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.CommonLbConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LeastRequestLbConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.RoundRobinLbConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.SlowStartConfig;
import io.envoyproxy.envoy.config.core.v3.HealthCheck.GrpcHealthCheck;
import io.envoyproxy.envoy.config.core.v3.HealthCheck.HttpHealthCheck;
import io.envoyproxy.envoy.config.core.v3.HealthCheck.TcpHealthCheck;
import io.envoyproxy.envoy.config.core.v3.RuntimeDouble;
import io.envoyproxy.envoy.type.v3.Int64Range;
import io.envoyproxy.envoy.type.v3.Percent;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.EndpointHealth;
import io.fairlead.traffic.HealthCheck;
import io.fairlead.traffic.OutlierDetection;
import io.fairlead.traffic.SlowStart;

/** How the endpoints of a cluster are judged, to xDS. Stateless. */
final class HealthEncoder {
  private HealthEncoder() {}

  static void health(EndpointHealth health, LoadBalancing balancing, Cluster.Builder message) {
    message.setCommonLbConfig(
        CommonLbConfig.newBuilder().setHealthyPanicThreshold(percent(health.panicPercent())));
    health.outlierDetection().ifPresent(own -> message.setOutlierDetection(outliers(own)));
    health.healthCheck().ifPresent(own -> message.addHealthChecks(check(own)));
    health
        .slowStart()
        .ifPresent(
            own -> {
              if (balancing == LoadBalancing.Simple.ROUND_ROBIN) {
                message.setRoundRobinLbConfig(
                    RoundRobinLbConfig.newBuilder().setSlowStartConfig(slowStart(own)));
              } else {
                message.setLeastRequestLbConfig(
                    LeastRequestLbConfig.newBuilder().setSlowStartConfig(slowStart(own)));
              }
            });
  }

  private static io.envoyproxy.envoy.config.core.v3.HealthCheck check(HealthCheck own) {
    var message =
        io.envoyproxy.envoy.config.core.v3.HealthCheck.newBuilder()
            .setInterval(duration(own.interval()))
            .setTimeout(duration(own.timeout()))
            .setIntervalJitterPercent(own.intervalJitterPercent())
            .setUnhealthyThreshold(number(own.unhealthyThreshold()))
            .setHealthyThreshold(number(own.healthyThreshold()));
    switch (own.probe()) {
      case HealthCheck.Probe.Tcp() ->
          message.setTcpHealthCheck(TcpHealthCheck.getDefaultInstance());
      case HealthCheck.Probe.Grpc(var authority, var service) ->
          message.setGrpcHealthCheck(
              GrpcHealthCheck.newBuilder().setServiceName(service).setAuthority(authority));
      case HealthCheck.Probe.Http(var host, var path, var expected) -> {
        var http = HttpHealthCheck.newBuilder().setHost(host).setPath(path);
        for (var range : expected) {
          http.addExpectedStatuses(
              Int64Range.newBuilder().setStart(range.from()).setEnd(range.to() + 1));
        }
        message.setHttpHealthCheck(http);
      }
    }
    return message.build();
  }

  /** Envoy demands a key for what may be overridden at run time; nothing here is. */
  private static SlowStartConfig slowStart(SlowStart own) {
    return SlowStartConfig.newBuilder()
        .setSlowStartWindow(duration(own.window()))
        .setAggression(
            RuntimeDouble.newBuilder()
                .setDefaultValue(own.aggression())
                .setRuntimeKey("fairlead.slow_start.aggression"))
        .setMinWeightPercent(percent(own.minWeightPercent()))
        .build();
  }

  private static io.envoyproxy.envoy.config.cluster.v3.OutlierDetection outliers(
      OutlierDetection own) {
    var ejection = own.ejection();
    var rate = own.successRate();
    var percentage = own.failurePercentage();
    return io.envoyproxy.envoy.config.cluster.v3.OutlierDetection.newBuilder()
        .setConsecutive5Xx(number(own.consecutive5xx().threshold()))
        .setEnforcingConsecutive5Xx(number(own.consecutive5xx().enforcingPercent()))
        .setConsecutiveGatewayFailure(number(own.consecutiveGatewayFailure().threshold()))
        .setEnforcingConsecutiveGatewayFailure(
            number(own.consecutiveGatewayFailure().enforcingPercent()))
        .setSuccessRateMinimumHosts(number(rate.minimumHosts()))
        .setSuccessRateRequestVolume(number(rate.requestVolume()))
        .setSuccessRateStdevFactor(number(rate.stdevFactor()))
        .setEnforcingSuccessRate(number(rate.enforcingPercent()))
        .setFailurePercentageThreshold(number(percentage.threshold()))
        .setFailurePercentageMinimumHosts(number(percentage.minimumHosts()))
        .setFailurePercentageRequestVolume(number(percentage.requestVolume()))
        .setEnforcingFailurePercentage(number(percentage.enforcingPercent()))
        .setInterval(duration(ejection.interval()))
        .setBaseEjectionTime(duration(ejection.baseTime()))
        .setMaxEjectionTime(duration(ejection.maxTime()))
        .setMaxEjectionPercent(number(ejection.maxPercent()))
        .setAlwaysEjectOneHost(BoolValue.of(true))
        .setSuccessfulActiveHealthCheckUnejectHost(BoolValue.of(false))
        .build();
  }

  private static UInt32Value number(int value) {
    return UInt32Value.of(value);
  }

  private static Percent percent(double value) {
    return Percent.newBuilder().setValue(value).build();
  }

  private static Duration duration(java.time.Duration value) {
    return Durations.fromNanos(value.toNanos());
  }
}
