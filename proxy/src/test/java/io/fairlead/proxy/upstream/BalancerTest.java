package io.fairlead.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.resilience.Ticker;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Cluster.Protocol;
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
  private final Loops loops = new Loops(1, Ticker.system(), Http1Limits.defaults());

  @AfterEach
  void stop() {
    loops.close();
  }

  @Test
  void everyMethodFollowsTheWeights() {
    for (LoadBalancing method : LoadBalancing.values()) {
      Map<String, Integer> picks = picks(balancer(method, 1, 3, 6), "");
      assertThat(picks.get("e0")).as(method + " e0").isBetween(800, 1_200);
      assertThat(picks.get("e1")).as(method + " e1").isBetween(2_750, 3_250);
      assertThat(picks.get("e2")).as(method + " e2").isBetween(5_700, 6_300);
    }
  }

  @Test
  void roundRobinGoesAround() {
    Balancer balancer = balancer(LoadBalancing.ROUND_ROBIN, 1, 1, 1);
    assertThat(picks(balancer, "").values()).allMatch(count -> Math.abs(count - PICKS / 3) <= 1);
  }

  @Test
  void endpointOfTheAttemptBeforeIsAvoided() {
    for (LoadBalancing method : LoadBalancing.values()) {
      assertThat(picks(balancer(method, 1, 1, 1), "e1").keySet()).containsOnly("e0", "e2");
      // The only endpoint is better than none.
      assertThat(picks(balancer(method, 1), "e0").keySet()).containsOnly("e0");
    }
  }

  @Test
  void endpointThatRefusedAConnectionIsAvoidedForAWhile() {
    List<EndpointPool> pools = pools(1, 1);
    pools.getFirst().connectFailed();
    Balancer balancer = new Balancer(loops.all().getFirst(), LoadBalancing.LEAST_REQUEST, pools);
    assertThat(picks(balancer, "").keySet()).containsOnly("e1");
    // Avoiding it is no reason to repeat the failed one.
    assertThat(picks(balancer, "e1").keySet()).containsOnly("e0");
    pools.getFirst().connected();
    assertThat(picks(balancer, "").keySet()).containsOnly("e0", "e1");
  }

  @Test
  void noEndpointIsNoPick() {
    assertThat(balancer(LoadBalancing.LEAST_REQUEST).pick("")).isNull();
  }

  private Map<String, Integer> picks(Balancer balancer, String previous) {
    Map<String, Integer> picks = new HashMap<>();
    for (int i = 0; i < PICKS; i++) {
      EndpointPool picked = balancer.pick(previous);
      if (picked != null) {
        picks.merge(picked.id(), 1, Integer::sum);
      }
    }
    return picks;
  }

  private Balancer balancer(LoadBalancing method, int... weights) {
    return new Balancer(loops.all().getFirst(), method, pools(weights));
  }

  private List<EndpointPool> pools(int... weights) {
    List<EndpointPool> pools = new ArrayList<>();
    for (int weight : weights) {
      Endpoint endpoint =
          new Endpoint(
              "e" + pools.size(), new HostPort("127.0.0.1", 1), weight, Endpoint.Health.HEALTHY);
      Members members =
          new Members(
              List.of(endpoint),
              LoadBalancing.RANDOM,
              Duration.ofSeconds(1),
              null,
              Protocol.HTTP_1);
      pools.add(
          new EndpointPool(
              loops.all().getFirst(),
              loops,
              endpoint,
              members,
              new EndpointPool.Limits(PoolLimits.defaults(), Http1Limits.defaults())));
    }
    return pools;
  }
}
