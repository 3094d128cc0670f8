package io.fairlead.proxy.upstream;

import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Preconnect;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One loop's pools of a cluster and its way to pick among them. Belongs to its loop. */
final class LoopCluster {
  private final Loop loop;
  private final Loops loops;
  private final EndpointPool.Limits limits;
  private final Supplier<@Nullable OutlierDetector> detector;
  private final ClusterLoad load;
  private Map<EndpointState.Key, EndpointPool> pools = new HashMap<>();
  private Placed placed;
  private Levels balancer;
  private @Nullable OriginalPools originals;

  /** Made when the first call asks for an address. */
  private @Nullable Map<HostPort, EndpointPool> byAddress;

  private @Nullable Preconnecting preconnecting;

  /**
   * @param detector asked once there is detection; it is there then
   */
  LoopCluster(
      Loop loop,
      Loops loops,
      EndpointPool.Limits limits,
      Supplier<@Nullable OutlierDetector> detector,
      ClusterLoad load,
      Placed first) {
    this.loop = loop;
    this.loops = loops;
    this.limits = limits;
    this.detector = detector;
    this.load = load;
    placed = first;
    balancer = place(first);
  }

  /** What this is the state of. */
  Placed placed() {
    return placed;
  }

  Levels balancer() {
    return balancer;
  }

  /** The endpoints that clients choose themselves. */
  OriginalPools originals() {
    OriginalPools present = originals;
    if (present == null) {
      present = new OriginalPools(loop, loops, limits, load, placed.members());
      originals = present;
    }
    return present;
  }

  /** The pool of an address, or null if no endpoint has it. */
  @Nullable EndpointPool at(HostPort address) {
    Map<HostPort, EndpointPool> present = byAddress;
    if (present == null) {
      present = new HashMap<>();
      for (Map.Entry<EndpointState.Key, EndpointPool> entry : pools.entrySet()) {
        present.putIfAbsent(entry.getKey().address(), entry.getValue());
      }
      byAddress = present;
    }
    return present.get(address);
  }

  /** An attempt was begun on this endpoint. */
  void begun(EndpointPool pool) {
    if (preconnecting != null) {
      preconnecting.begun(pool);
    }
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
    if (originals != null) {
      originals.update(changed.members());
    }
  }

  private Levels place(Placed changed) {
    Members before = placed.members();
    Members present = changed.members();
    boolean sameWay =
        Objects.equals(before.tls(), present.tls())
            && before.protocol() == present.protocol()
            && before.proxyProtocol() == present.proxyProtocol();
    boolean detects = present.health() != null && present.health().outlierDetection().isPresent();
    OutlierDetector judge = detects ? detector.get() : null;
    Map<EndpointState.Key, EndpointPool> kept = new HashMap<>();
    for (Endpoint endpoint : present.endpoints()) {
      EndpointState.Key key = EndpointState.Key.of(endpoint);
      EndpointPool pool = sameWay ? pools.remove(key) : null;
      if (pool == null) {
        pool = new EndpointPool(loop, loops, endpoint, present, limits, load);
      } else {
        pool.update(endpoint, present);
      }
      pool.judge(null, null);
      kept.put(key, pool);
    }
    pools.values().forEach(EndpointPool::retire);
    pools = kept;
    byAddress = null;
    List<Balancer> balancers = new ArrayList<>();
    List<EndpointPool> usable = new ArrayList<>();
    for (Level level : changed.levels()) {
      List<EndpointPool> healthy = healthy(level, kept);
      for (int i = 0; judge != null && i < healthy.size(); i++) {
        healthy.get(i).judge(judge, level.states().get(i));
      }
      balancers.add(new Balancer(loop, present, level, healthy));
      usable.addAll(healthy);
    }
    Levels levels = new Levels(loop, changed.levels(), balancers);
    Preconnect ahead = present.preconnect();
    preconnecting = ahead == null ? null : new Preconnecting(ahead, usable);
    return levels;
  }

  private static List<EndpointPool> healthy(
      Level level, Map<EndpointState.Key, EndpointPool> pools) {
    List<EndpointPool> healthy = new ArrayList<>();
    for (Endpoint endpoint : level.healthy()) {
      EndpointPool pool = pools.get(EndpointState.Key.of(endpoint));
      if (pool != null) {
        healthy.add(pool);
      }
    }
    return healthy;
  }

  void retire() {
    pools.values().forEach(EndpointPool::retire);
    if (originals != null) {
      originals.retire();
    }
  }
}
