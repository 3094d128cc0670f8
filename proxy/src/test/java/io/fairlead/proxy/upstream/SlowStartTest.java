package io.fairlead.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Cluster.Protocol;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.EndpointHealth;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.SlowStart;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SlowStartTest {
  private static final int ROUNDS = 1_100;

  private final AtomicLong now = new AtomicLong(1);
  private final Loops loops = new Loops(1, now::get, Http1Limits.defaults());

  @AfterEach
  void stop() {
    loops.close();
  }

  /** One endpoint that has been there for a day and one that is new now. */
  private Balancer balancer(LoadBalancing method, SlowStart slowStart) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (String id : List.of("old", "new")) {
      HostPort address = new HostPort("127.0.0.1", 1 + endpoints.size());
      endpoints.add(new Endpoint(id, address, 1, Endpoint.Health.HEALTHY));
    }
    var health = new EndpointHealth(Optional.empty(), Optional.empty(), Optional.of(slowStart), 50);
    var members =
        new Members(
            endpoints, method, Duration.ofSeconds(1), null, Protocol.HTTP_1, null, health, null);
    List<EndpointPool> pools = new ArrayList<>();
    var limits = new EndpointPool.Limits(PoolLimits.defaults(), Http1Limits.defaults());
    for (Endpoint endpoint : endpoints) {
      pools.add(
          new EndpointPool(
              loops.all().getFirst(), loops, endpoint, members, limits, new ClusterLoad()));
    }
    Placed placed =
        Placed.first(
            members,
            key -> {
              long day = Duration.ofDays(1).toNanos();
              return new EndpointState(
                  key, 1, EndpointState.Check.NONE, now.get() - (key.id().equals("old") ? day : 0));
            });
    return new Balancer(
        loops.all().getFirst(), placed.members(), placed.levels().getFirst(), pools);
  }

  private static long picksOfNew(Balancer balancer) {
    long picks = 0;
    for (int i = 0; i < ROUNDS; i++) {
      EndpointPool picked = balancer.pick("", null);
      picks += picked != null && picked.id().equals("new") ? 1 : 0;
    }
    return picks;
  }

  @Test
  void aNewEndpointGetsItsShareWithTime() {
    Balancer balancer =
        balancer(LoadBalancing.Simple.ROUND_ROBIN, SlowStart.over(Duration.ofSeconds(100)));
    assertThat(picksOfNew(balancer)).isBetween(99L, 101L);
    now.addAndGet(Duration.ofSeconds(5).toNanos());
    assertThat(picksOfNew(balancer)).as("not less than the minimum").isBetween(99L, 101L);
    now.addAndGet(Duration.ofSeconds(45).toNanos());
    assertThat(picksOfNew(balancer)).as("a half to one").isBetween(365L, 368L);
    now.addAndGet(Duration.ofSeconds(50).toNanos());
    assertThat(picksOfNew(balancer)).isBetween(549L, 551L);
  }

  @Test
  void aggressionGivesMoreAtFirst() {
    var start = new SlowStart(Duration.ofSeconds(100), 2, 0);
    Balancer balancer = balancer(LoadBalancing.Simple.ROUND_ROBIN, start);
    now.addAndGet(Duration.ofSeconds(25).toNanos());
    // The root of a quarter is a half.
    assertThat(picksOfNew(balancer)).isBetween(365L, 368L);
  }

  @Test
  void leastRequestDrawsByTheGrowingWeights() {
    Balancer balancer =
        balancer(LoadBalancing.Simple.LEAST_REQUEST, SlowStart.over(Duration.ofSeconds(100)));
    assertThat(picksOfNew(balancer)).isBetween(60L, 260L);
    now.addAndGet(Duration.ofSeconds(100).toNanos());
    assertThat(picksOfNew(balancer)).isBetween(450L, 650L);
  }
}
