package io.fairlead.proxy.upstream;

import io.fairlead.proxy.exchange.Affinity;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.traffic.Cluster.LoadBalancing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Picks among the healthy endpoints of a cluster on one loop. An endpoint that could not be
 * connected to lately, and the endpoint of the attempt before, are taken only if there is no other.
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
  private final @Nullable HashTable table;
  private final EndpointPool[] pools;
  private final int[] cumulative;
  private final boolean equalWeights;
  private int next;

  /**
   * @param table whose owners are the places in {@code healthy}; null if none is needed
   */
  Balancer(
      Loop loop, LoadBalancing balancing, List<EndpointPool> healthy, @Nullable HashTable table) {
    this.loop = loop;
    this.table = table;
    method = method(balancing);
    pools = healthy.toArray(EndpointPool[]::new);
    cumulative = new int[pools.length];
    int sum = 0;
    boolean equal = true;
    for (int i = 0; i < pools.length; i++) {
      sum += pools[i].weight();
      cumulative[i] = sum;
      equal &= pools[i].weight() == pools[0].weight();
    }
    equalWeights = equal;
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

  /** The endpoint for an attempt, or null if none is healthy. */
  @Nullable EndpointPool pick(String previous, @Nullable Affinity affinity) {
    if (pools.length <= 1) {
      return pools.length == 0 ? null : pools[0];
    }
    EndpointPool picked =
        switch (method) {
          case LEAST_REQUEST -> lessLoaded(sample(), sample());
          case PEAK_EWMA -> cheaper(sample(), sample());
          case ROUND_ROBIN -> roundRobin();
          case RANDOM -> pools[sample()];
          case HASH -> owner(previous, affinity);
        };
    return isWelcome(picked, previous) ? picked : other(picked, previous);
  }

  /** The owner of the hash's place, or if it is not welcome, the next one that is. */
  private EndpointPool owner(String previous, @Nullable Affinity affinity) {
    HashTable present = table;
    if (present == null) {
      throw new IllegalStateException("table: must be there for more than one endpoint");
    }
    int place = present.place(affinity == null ? loop.random() : affinity.hash());
    EndpointPool first = pools[present.owner(place)];
    EndpointPool found = first;
    int steps = Math.min(present.size(), MAX_STEPS * pools.length);
    for (int i = 1; i < steps && !isWelcome(found, previous); i++) {
      place = place + 1 == present.size() ? 0 : place + 1;
      found = pools[present.owner(place)];
    }
    return isWelcome(found, previous) ? found : first;
  }

  private boolean isWelcome(EndpointPool pool, String previous) {
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
    int other = first == second ? (second + 1) % pools.length : second;
    EndpointPool a = pools[first];
    EndpointPool b = pools[other];
    long loadOfA = (long) a.active() * b.weight();
    long loadOfB = (long) b.active() * a.weight();
    return loadOfB < loadOfA ? b : a;
  }

  /** Of two random endpoints the one whose latency times its requests is lower. */
  private EndpointPool cheaper(int first, int second) {
    int other = first == second ? (second + 1) % pools.length : second;
    return cost(pools[other]) < cost(pools[first]) ? pools[other] : pools[first];
  }

  /** An endpoint of twice the average weight bears twice the requests. */
  private double cost(EndpointPool pool) {
    double latency = pool.latency();
    if (latency == 0 && pool.active() > 0) {
      return PENALTY + pool.active();
    }
    double average = (double) cumulative[pools.length - 1] / pools.length;
    return latency * (pool.active() * average / pool.weight() + 1);
  }

  /** The place of a random endpoint, in proportion to the weights. */
  private int sample() {
    if (equalWeights) {
      return loop.random(pools.length);
    }
    int point = loop.random(cumulative[pools.length - 1]);
    int found = java.util.Arrays.binarySearch(cumulative, point);
    // A point equal to a sum belongs to the endpoint behind it.
    return found >= 0 ? found + 1 : -found - 1;
  }

  /** Smooth weighted round robin, as nginx does it. */
  private EndpointPool roundRobin() {
    if (equalWeights) {
      next = next + 1 == pools.length ? 0 : next + 1;
      return pools[next];
    }
    EndpointPool best = pools[0];
    for (EndpointPool pool : pools) {
      pool.credit += pool.weight();
      best = pool.credit > best.credit ? pool : best;
    }
    best.credit -= cumulative[pools.length - 1];
    return best;
  }
}
