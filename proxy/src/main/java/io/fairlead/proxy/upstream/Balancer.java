package io.fairlead.proxy.upstream;

import io.fairlead.proxy.exchange.Affinity;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.EndpointHealth;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Picks among the usable endpoints of one level of a cluster on one loop. An endpoint that could
 * not be connected to lately, and the endpoint of the attempt before, are taken only if there is no
 * other.
 */
final class Balancer {
  /** Places looked at for one endpoint, on average, until another owner is good enough. */
  private static final int MAX_STEPS = 16;

  /** More than any latency: an endpoint that has not answered yet gets one request at a time. */
  private static final double PENALTY = 1e15;

  private enum Method {
    LEAST_REQUEST,
    PEAK_EWMA,
    ROUND_ROBIN,
    RANDOM,
    HASH
  }

  private final Loop loop;
  private final Method method;
  private final EndpointPool[] pools;
  private final Weights weights;
  private final @Nullable HashTable table;
  private final EndpointPool[] owners;
  private final BitSet out;
  private int next;

  /**
   * @param healthy the pools of the level's healthy endpoints, in their order
   */
  Balancer(Loop loop, Members members, Level placed, List<EndpointPool> healthy) {
    this.loop = loop;
    table = placed.table();
    out = placed.out();
    method = method(members.loadBalancing());
    List<EndpointPool> usable = new ArrayList<>();
    List<EndpointState> states = new ArrayList<>();
    for (int i = 0; i < healthy.size(); i++) {
      if (!out.get(i)) {
        usable.add(healthy.get(i));
        if (!placed.states().isEmpty()) {
          states.add(placed.states().get(i));
        }
      }
    }
    pools = usable.toArray(EndpointPool[]::new);
    // What they had saved up was in proportion to other weights.
    usable.forEach(pool -> pool.credit = 0);
    owners = table == null ? pools : healthy.toArray(EndpointPool[]::new);
    EndpointHealth health = members.health();
    weights =
        new Weights(loop, pools, health == null ? null : health.slowStart().orElse(null), states);
    // Loops that start at the same endpoint would all send their first requests to it.
    next = pools.length == 0 ? 0 : loop.random(pools.length);
  }

  private static Method method(LoadBalancing balancing) {
    return switch (balancing) {
      case LoadBalancing.Simple simple ->
          switch (simple) {
            case LEAST_REQUEST -> Method.LEAST_REQUEST;
            case ROUND_ROBIN -> Method.ROUND_ROBIN;
            case RANDOM -> Method.RANDOM;
          };
      case LoadBalancing.PeakEwma peak -> Method.PEAK_EWMA;
      case LoadBalancing.RingHash ring -> Method.HASH;
      case LoadBalancing.Maglev maglev -> Method.HASH;
    };
  }

  int size() {
    return pools.length;
  }

  /** The endpoint for an attempt, or null if none is usable. */
  @Nullable EndpointPool pick(String previous, @Nullable Affinity affinity) {
    if (pools.length <= 1) {
      return pools.length == 0 ? null : pools[0];
    }
    weights.refresh();
    EndpointPool picked =
        switch (method) {
          case LEAST_REQUEST -> lessLoaded(weights.sample(), weights.sample());
          case PEAK_EWMA -> cheaper(weights.sample(), weights.sample());
          case ROUND_ROBIN -> roundRobin();
          case RANDOM -> pools[weights.sample()];
          case HASH -> owner(previous, affinity);
        };
    return isWelcome(picked, previous) ? picked : other(picked, previous);
  }

  /** The owner of the hash's place, or if it must not be used, the next one that may. */
  private EndpointPool owner(String previous, @Nullable Affinity affinity) {
    HashTable present = table;
    if (present == null) {
      throw new IllegalStateException("table: must be there for more than one endpoint");
    }
    int place = present.place(affinity == null ? loop.random() : affinity.hash());
    int found = present.owner(place);
    int steps = Math.min(present.size(), MAX_STEPS * owners.length);
    for (int i = 1; i < steps; i++) {
      if (!out.get(found) && isWelcome(owners[found], previous)) {
        return owners[found];
      }
      place = place + 1 == present.size() ? 0 : place + 1;
      found = present.owner(place);
    }
    return out.get(found) ? pools[0] : owners[found];
  }

  static boolean isWelcome(EndpointPool pool, String previous) {
    return !pool.isSuspect() && (previous.isEmpty() || !pool.id().equals(previous));
  }

  /** Any endpoint that is welcome, else any other than the one that has just failed. */
  private EndpointPool other(EndpointPool picked, String previous) {
    int start = loop.random(pools.length);
    EndpointPool second = picked;
    for (int i = 0; i < pools.length; i++) {
      EndpointPool pool = pools[(start + i) % pools.length];
      if (isWelcome(pool, previous)) {
        return pool;
      }
      if (!pool.id().equals(previous)) {
        second = pool;
      }
    }
    return second;
  }

  /** The less loaded of two random endpoints (Mitzenmacher, The Power of Two Choices, 2001). */
  private EndpointPool lessLoaded(int first, int second) {
    int other = other(first, second);
    long loadOfFirst = (long) pools[first].active() * weights.of(other);
    long loadOfOther = (long) pools[other].active() * weights.of(first);
    return pools[loadOfOther < loadOfFirst ? other : first];
  }

  private int other(int first, int second) {
    return first == second ? (second + 1) % pools.length : second;
  }

  /** Of two random endpoints the one whose latency times its requests is lower. */
  private EndpointPool cheaper(int first, int second) {
    int other = other(first, second);
    return pools[cost(other) < cost(first) ? other : first];
  }

  /** An endpoint of twice the average weight bears twice the requests. */
  private double cost(int place) {
    EndpointPool pool = pools[place];
    double latency = pool.latency();
    if (latency == 0 && pool.active() > 0) {
      return PENALTY + pool.active();
    }
    double average = (double) weights.sum() / pools.length;
    return latency * (pool.active() * average / weights.of(place) + 1);
  }

  /** Smooth weighted round robin, as nginx does it. */
  private EndpointPool roundRobin() {
    if (weights.areEqual()) {
      next = next + 1 == pools.length ? 0 : next + 1;
      return pools[next];
    }
    EndpointPool best = pools[0];
    for (int i = 0; i < pools.length; i++) {
      pools[i].credit += weights.of(i);
      best = pools[i].credit > best.credit ? pools[i] : best;
    }
    best.credit -= weights.sum();
    return best;
  }
}
