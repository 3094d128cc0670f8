package io.fairlead.proxy.upstream;

import io.fairlead.proxy.loop.Loop;
import io.fairlead.traffic.Cluster.LoadBalancing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Picks among the healthy endpoints of a cluster on one loop. An endpoint that could not be
 * connected to lately, and the endpoint of the attempt before, are taken only if there is no other.
 */
final class Balancer {
  private final Loop loop;
  private final LoadBalancing method;
  private final EndpointPool[] pools;
  private final int[] cumulative;
  private final boolean equalWeights;
  private int next;

  Balancer(Loop loop, LoadBalancing method, List<EndpointPool> healthy) {
    this.loop = loop;
    this.method = method;
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

  int size() {
    return pools.length;
  }

  /** The endpoint for an attempt, or null if none is healthy. */
  @Nullable EndpointPool pick(String previous) {
    if (pools.length <= 1) {
      return pools.length == 0 ? null : pools[0];
    }
    EndpointPool picked =
        switch (method) {
          case LEAST_REQUEST -> lessLoaded(sample(), sample());
          case ROUND_ROBIN -> roundRobin();
          case RANDOM -> pools[sample()];
        };
    return isWelcome(picked, previous) ? picked : other(picked, previous);
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
