package io.fairlead.proxy.upstream;

import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.HostPort;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One loop's pools of a cluster and its way to pick among them. Belongs to its loop. */
final class LoopCluster {
  private final Loop loop;
  private final Loops loops;
  private final EndpointPool.Limits limits;
  private Map<Key, EndpointPool> pools = new HashMap<>();
  private @Nullable Members members;
  private Balancer balancer;

  /** An endpoint that moves is another endpoint. */
  private record Key(String id, HostPort address) {}

  LoopCluster(Loop loop, Loops loops, EndpointPool.Limits limits) {
    this.loop = loop;
    this.loops = loops;
    this.limits = limits;
    balancer = new Balancer(loop, LoadBalancing.RANDOM, List.of());
  }

  @Nullable Members members() {
    return members;
  }

  Balancer balancer() {
    return balancer;
  }

  /** What is going on with each endpoint. */
  List<PoolUse> use() {
    return pools.values().stream()
        .map(p -> new PoolUse(p.id(), p.active(), p.openConnections(), p.idleConnections()))
        .toList();
  }

  /** Takes over the pools of what remains; connections secured otherwise than now do not remain. */
  void update(Members present) {
    Members before = members;
    boolean sameTls =
        before == null
            || Objects.equals(before.tls(), present.tls())
                && before.proxyProtocol() == present.proxyProtocol();
    Map<Key, EndpointPool> kept = new HashMap<>();
    List<EndpointPool> healthy = new ArrayList<>();
    for (Endpoint endpoint : present.endpoints()) {
      Key key = new Key(endpoint.id(), endpoint.address());
      EndpointPool pool = sameTls ? pools.remove(key) : null;
      if (pool == null) {
        pool = new EndpointPool(loop, loops, endpoint, present, limits);
      } else {
        pool.update(endpoint, present);
      }
      kept.put(key, pool);
      if (endpoint.health() == Endpoint.Health.HEALTHY) {
        healthy.add(pool);
      }
    }
    pools.values().forEach(EndpointPool::retire);
    pools = kept;
    members = present;
    balancer = new Balancer(loop, present.loadBalancing(), healthy);
  }

  void retire() {
    pools.values().forEach(EndpointPool::retire);
  }
}
