package io.fairlead.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.resilience.Ticker;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Cluster.HashKey;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.HostPort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BalancerTest {
  private static final int PICKS = 10_000;
  private static final List<LoadBalancing> METHODS =
      List.of(
          LoadBalancing.Simple.LEAST_REQUEST,
          LoadBalancing.Simple.ROUND_ROBIN,
          LoadBalancing.Simple.RANDOM,
          new LoadBalancing.PeakEwma(Duration.ofSeconds(10)),
          new LoadBalancing.RingHash(new HashKey.SourceAddress(), 20_000, 1 << 20),
          new LoadBalancing.Maglev(new HashKey.SourceAddress(), 5_003));

  private final Loops loops = new Loops(1, Ticker.system(), Http1Limits.defaults());

  @AfterEach
  void stop() {
    loops.close();
  }

  @Test
  void everyMethodFollowsTheWeights() {
    for (LoadBalancing method : METHODS) {
      Map<String, Integer> picks = picks(balancer(method, 1, 3, 6), "");
      assertThat(picks.get("e0")).as(method + " e0").isBetween(800, 1_200);
      assertThat(picks.get("e1")).as(method + " e1").isBetween(2_750, 3_250);
      assertThat(picks.get("e2")).as(method + " e2").isBetween(5_700, 6_300);
    }
  }

  @Test
  void roundRobinGoesAround() {
    Balancer balancer = balancer(LoadBalancing.Simple.ROUND_ROBIN, 1, 1, 1);
    assertThat(picks(balancer, "").values()).allMatch(count -> Math.abs(count - PICKS / 3) <= 1);
  }

  @Test
  void endpointOfTheAttemptBeforeIsAvoided() {
    for (LoadBalancing method : METHODS) {
      assertThat(picks(balancer(method, 1, 1, 1), "e1").keySet()).containsOnly("e0", "e2");
      // The only endpoint is better than none.
      assertThat(picks(balancer(method, 1), "e0").keySet()).containsOnly("e0");
    }
  }

  @Test
  void endpointThatRefusedAConnectionIsAvoidedForAWhile() {
    List<EndpointPool> pools = pools(1, 1);
    pools.getFirst().connectFailed();
    Balancer balancer = balancer(LoadBalancing.Simple.LEAST_REQUEST, pools);
    assertThat(picks(balancer, "").keySet()).containsOnly("e1");
    // Avoiding it is no reason to repeat the failed one.
    assertThat(picks(balancer, "e1").keySet()).containsOnly("e0");
    pools.getFirst().connected();
    assertThat(picks(balancer, "").keySet()).containsOnly("e0", "e1");
  }

  @Test
  void peakEwmaTakesOfTwoTheOneWithTheLowerLatency() {
    var balancing = new LoadBalancing.PeakEwma(Duration.ofHours(1));
    List<EndpointPool> pools = pools(balancing, 1, 1, 1);
    pools.get(0).observe(1_000_000);
    pools.get(1).observe(2_000_000);
    pools.get(2).observe(3_000_000);
    Map<String, Integer> picks = picks(balancer(balancing, pools), "");
    // Two draws with the same endpoint take its neighbour: of nine pairs 0 wins 6, 1 wins 3.
    assertThat(picks.get("e0")).isBetween(6_300, 7_000);
    assertThat(picks.get("e1")).isBetween(3_000, 3_700);
    assertThat(picks).doesNotContainKey("e2");
  }

  @Test
  void noEndpointIsNoPick() {
    assertThat(balancer(LoadBalancing.Simple.LEAST_REQUEST).pick("", null)).isNull();
  }

  private Map<String, Integer> picks(Balancer balancer, String previous) {
    Map<String, Integer> picks = new HashMap<>();
    for (int i = 0; i < PICKS; i++) {
      EndpointPool picked = balancer.pick(previous, null);
      if (picked != null) {
        picks.merge(picked.id(), 1, Integer::sum);
      }
    }
    return picks;
  }

  private Balancer balancer(LoadBalancing method, int... weights) {
    return balancer(method, pools(method, weights));
  }

  private Balancer balancer(LoadBalancing method, List<EndpointPool> pools) {
    int[] weights = pools.stream().mapToInt(EndpointPool::weight).toArray();
    Members members =
        new Members(
            endpoints(weights),
            method,
            Duration.ofSeconds(1),
            null,
            Cluster.Protocol.HTTP_1,
            null,
            null,
            null);
    Placed placed =
        Placed.first(members, key -> new EndpointState(key, 1, EndpointState.Check.NONE, 0));
    return new Balancer(
        loops.all().getFirst(), placed.members(), placed.levels().getFirst(), pools);
  }

  private static List<Endpoint> endpoints(int... weights) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (int weight : weights) {
      HostPort address = new HostPort("127.0.0.1", 9_000 + endpoints.size());
      endpoints.add(new Endpoint("e" + endpoints.size(), address, weight, Endpoint.Health.HEALTHY));
    }
    return endpoints;
  }

  private List<EndpointPool> pools(int... weights) {
    return pools(LoadBalancing.Simple.RANDOM, weights);
  }

  private List<EndpointPool> pools(LoadBalancing balancing, int... weights) {
    List<EndpointPool> pools = new ArrayList<>();
    for (Endpoint endpoint : endpoints(weights)) {
      Members members =
          new Members(
              List.of(endpoint),
              balancing,
              Duration.ofSeconds(1),
              null,
              Cluster.Protocol.HTTP_1,
              null,
              null,
              null);
      pools.add(
          new EndpointPool(
              loops.all().getFirst(),
              loops,
              endpoint,
              members,
              new EndpointPool.Limits(PoolLimits.defaults(), Http1Limits.defaults()),
              new ClusterLoad()));
    }
    return pools;
  }
}
