package io.fairlead.traffic;

import io.fairlead.config.TrafficPolicy;
import io.fairlead.config.TrafficPolicy.HashAlgorithm;
import io.fairlead.traffic.Cluster.HashKey;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Cluster.LoadBalancing.Maglev;
import io.fairlead.traffic.Cluster.LoadBalancing.PeakEwma;
import io.fairlead.traffic.Cluster.LoadBalancing.RingHash;

/** The traffic policies of destination rules to settings of clusters. Pure. */
final class TrafficPolicyTranslation {
  private TrafficPolicyTranslation() {}

  static LoadBalancing loadBalancing(TrafficPolicy policy) {
    return policy
        .loadBalancer()
        .map(TrafficPolicyTranslation::loadBalancing)
        .orElse(LoadBalancing.LEAST_REQUEST);
  }

  private static LoadBalancing loadBalancing(TrafficPolicy.LoadBalancer balancer) {
    return switch (balancer) {
      case TrafficPolicy.LoadBalancer.Simple simple ->
          switch (simple) {
            case LEAST_REQUEST -> LoadBalancing.LEAST_REQUEST;
            case ROUND_ROBIN -> LoadBalancing.ROUND_ROBIN;
            case RANDOM -> LoadBalancing.RANDOM;
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
