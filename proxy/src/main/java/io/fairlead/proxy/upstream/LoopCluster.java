package io.fairlead.proxy.upstream;

import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.traffic.Endpoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** One loop's pools of a cluster and its way to pick among them. Belongs to its loop. */
final class LoopCluster {
  private final Loop loop;
  private final Loops loops;
  private final EndpointPool.Limits limits;
  private final OutlierDetector detector;
  private Map<EndpointState.Key, EndpointPool> pools = new HashMap<>();
  private Placed placed;
  private Balancer balancer;

  LoopCluster(
      Loop loop, Loops loops, EndpointPool.Limits limits, OutlierDetector detector, Placed first) {
    this.loop = loop;
    this.loops = loops;
    this.limits = limits;
    this.detector = detector;
    placed = first;
    balancer = place(first);
  }

  /** What this is the state of. */
  Placed placed() {
    return placed;
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
  void update(Placed changed) {
    balancer = place(changed);
    placed = changed;
  }

  private Balancer place(Placed changed) {
    Members before = placed.members();
    Members present = changed.members();
    boolean sameWay =
        Objects.equals(before.tls(), present.tls())
            && before.protocol() == present.protocol()
            && before.proxyProtocol() == present.proxyProtocol();
    boolean detects = present.health() != null && present.health().outlierDetection().isPresent();
    Map<EndpointState.Key, EndpointPool> kept = new HashMap<>();
    List<EndpointPool> healthy = new ArrayList<>();
    for (Endpoint endpoint : present.endpoints()) {
      EndpointState.Key key = EndpointState.Key.of(endpoint);
      EndpointPool pool = sameWay ? pools.remove(key) : null;
      if (pool == null) {
        pool = new EndpointPool(loop, loops, endpoint, present, limits);
      } else {
        pool.update(endpoint, present);
      }
      kept.put(key, pool);
      boolean judged = false;
      if (endpoint.health() == Endpoint.Health.HEALTHY) {
        judged = detects;
        healthy.add(pool);
      }
      pool.judge(
          judged ? detector : null, judged ? changed.states().get(healthy.size() - 1) : null);
    }
    pools.values().forEach(EndpointPool::retire);
    pools = kept;
    return new Balancer(loop, changed, healthy);
  }

  void retire() {
    pools.values().forEach(EndpointPool::retire);
  }
}
