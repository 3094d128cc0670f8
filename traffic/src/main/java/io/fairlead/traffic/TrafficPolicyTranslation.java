package io.fairlead.traffic;

import io.fairlead.config.HealthCheckPolicy;
import io.fairlead.config.TrafficPolicy;
import io.fairlead.config.TrafficPolicy.HashAlgorithm;
import io.fairlead.traffic.Cluster.HashKey;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Cluster.LoadBalancing.Maglev;
import io.fairlead.traffic.Cluster.LoadBalancing.PeakEwma;
import io.fairlead.traffic.Cluster.LoadBalancing.RingHash;
import java.util.Optional;

/** The traffic policies of destination rules to settings of clusters. Pure. */
final class TrafficPolicyTranslation {
  private static final HealthCheck.Probe TCP = new HealthCheck.Probe.Tcp();

  private TrafficPolicyTranslation() {}

  static LoadBalancing loadBalancing(TrafficPolicy policy) {
    return policy
        .loadBalancer()
        .map(TrafficPolicyTranslation::loadBalancing)
        .orElse(LoadBalancing.Simple.LEAST_REQUEST);
  }

  static Optional<UpstreamLimits> limits(TrafficPolicy policy) {
    return policy
        .connectionPool()
        .map(
            own ->
                new UpstreamLimits(
                    own.maxConnections(),
                    own.maxPendingRequests(),
                    own.maxRequests(),
                    own.maxRequestsPerConnection(),
                    own.maxConnectionDuration(),
                    own.preconnect()
                        .map(p -> new Preconnect(p.perUpstreamRatio(), p.predictiveRatio())),
                    new UpstreamLimits.Http(
                        own.http().maxConcurrentStreams(),
                        own.http().maxResponseHeadKib(),
                        own.http().maxResponseHeaders())));
  }

  static Optional<LocalityRouting> localities(TrafficPolicy policy) {
    return policy
        .localities()
        .map(
            own ->
                switch (own) {
                  case TrafficPolicy.Localities.ZoneAware(int least) ->
                      new LocalityRouting.ZoneAware(least);
                  case TrafficPolicy.Localities.Failover(var regions) ->
                      new LocalityRouting.Failover(regions);
                  case TrafficPolicy.Localities.Distribute(var shares) ->
                      new LocalityRouting.Distribute(
                          shares.stream()
                              .map(s -> new LocalityRouting.Shares(s.from(), s.to()))
                              .toList());
                });
  }

  /** Success rates and percentages of failures have no fields in Istio and are not acted on. */
  static Optional<EndpointHealth> health(
      Optional<TrafficPolicy> policy,
      Optional<HealthCheckPolicy> check,
      Cluster.Protocol protocol) {
    var outliers = policy.flatMap(TrafficPolicy::outlierDetection);
    var warmup = policy.flatMap(TrafficPolicy::warmup);
    if (outliers.isEmpty() && warmup.isEmpty() && check.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new EndpointHealth(
            outliers.map(TrafficPolicyTranslation::outliers),
            check.map(own -> check(own, protocol)),
            warmup.map(w -> new SlowStart(w.duration(), w.aggression(), w.minimumPercent())),
            outliers
                .flatMap(TrafficPolicy.OutlierDetection::minHealthPercent)
                .map(Integer::doubleValue)
                .orElse(EndpointHealth.DEFAULT_PANIC_PERCENT)));
  }

  private static HealthCheck check(HealthCheckPolicy policy, Cluster.Protocol protocol) {
    HealthCheck.Probe probe =
        switch (protocol) {
          case HTTP_1 -> policy.http().map(TrafficPolicyTranslation::http).orElse(TCP);
          case HTTP_2 -> policy.grpc().map(TrafficPolicyTranslation::grpc).orElse(TCP);
        };
    return new HealthCheck(
        probe,
        policy.interval(),
        policy.timeout(),
        policy.intervalJitterPercent(),
        policy.unhealthyThreshold(),
        policy.healthyThreshold());
  }

  /** Probes by http are requests of HTTP/1.1, so an endpoint of HTTP/2 is only connected to. */
  private static HealthCheck.Probe http(HealthCheckPolicy.HttpProbe http) {
    return new HealthCheck.Probe.Http(
        http.host(),
        http.path(),
        http.expectedStatuses().stream()
            .map(range -> new HealthCheck.Statuses(range.from(), range.to()))
            .toList());
  }

  private static HealthCheck.Probe grpc(HealthCheckPolicy.GrpcProbe grpc) {
    return new HealthCheck.Probe.Grpc(grpc.authority(), grpc.service());
  }

  private static OutlierDetection outliers(TrafficPolicy.OutlierDetection own) {
    var defaults = OutlierDetection.defaults();
    var ejection = defaults.ejection();
    var rate = defaults.successRate();
    return new OutlierDetection(
        own.consecutive5xxErrors()
            .map(TrafficPolicyTranslation::consecutive)
            .orElse(defaults.consecutive5xx()),
        own.consecutiveGatewayErrors()
            .map(TrafficPolicyTranslation::consecutive)
            .orElse(defaults.consecutiveGatewayFailure()),
        new OutlierDetection.SuccessRate(
            rate.minimumHosts(), rate.requestVolume(), rate.stdevFactor(), 0),
        defaults.failurePercentage(),
        new OutlierDetection.Ejection(
            own.interval().orElse(ejection.interval()),
            own.baseEjectionTime().orElse(ejection.baseTime()),
            ejection.maxTime(),
            own.maxEjectionPercent().orElse(ejection.maxPercent())));
  }

  /** Istio writes 0 for never. */
  private static OutlierDetection.Consecutive consecutive(int threshold) {
    return new OutlierDetection.Consecutive(Math.max(1, threshold), threshold == 0 ? 0 : 100);
  }

  private static LoadBalancing loadBalancing(TrafficPolicy.LoadBalancer balancer) {
    return switch (balancer) {
      case TrafficPolicy.LoadBalancer.Simple simple ->
          switch (simple) {
            case LEAST_REQUEST -> LoadBalancing.Simple.LEAST_REQUEST;
            case ROUND_ROBIN -> LoadBalancing.Simple.ROUND_ROBIN;
            case RANDOM -> LoadBalancing.Simple.RANDOM;
            case PEAK_EWMA -> new PeakEwma(PeakEwma.DEFAULT_DECAY);
          };
      case TrafficPolicy.LoadBalancer.ConsistentHash(var key, var algorithm) ->
          switch (algorithm) {
            case HashAlgorithm.RingHash(int least) -> new RingHash(key(key), least, RingHash.MOST);
            case HashAlgorithm.Maglev(int size) -> new Maglev(key(key), size);
          };
    };
  }

  private static HashKey key(TrafficPolicy.HashKey key) {
    return switch (key) {
      case TrafficPolicy.HashKey.HttpHeader(var name) -> new HashKey.Header(name);
      case TrafficPolicy.HashKey.HttpCookie(var name, var path, var ttl) ->
          new HashKey.Cookie(name, path, ttl);
      case TrafficPolicy.HashKey.SourceIp() -> new HashKey.SourceAddress();
      case TrafficPolicy.HashKey.HttpQueryParameter(var name) -> new HashKey.QueryParameter(name);
    };
  }
}
