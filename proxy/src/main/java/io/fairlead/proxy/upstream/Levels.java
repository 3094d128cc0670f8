package io.fairlead.proxy.upstream;

import io.fairlead.proxy.exchange.Affinity;
import io.fairlead.proxy.hash.XxHash64;
import io.fairlead.proxy.loop.Loop;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Picks a level of a cluster by its share of the requests, and an endpoint of it. Another level is
 * asked where that one has none that is welcome. Belongs to its loop.
 */
final class Levels {
  private final Loop loop;
  private final Balancer[] balancers;
  private final int[] cumulative;

  /**
   * @param balancers one for each level
   */
  Levels(Loop loop, List<Level> levels, List<Balancer> balancers) {
    this.loop = loop;
    this.balancers = balancers.toArray(Balancer[]::new);
    cumulative = new int[levels.size()];
    int sum = 0;
    for (int i = 0; i < cumulative.length; i++) {
      sum += levels.get(i).share();
      cumulative[i] = sum;
    }
  }

  /** Usable endpoints of all levels. */
  int size() {
    int size = 0;
    for (Balancer balancer : balancers) {
      size += balancer.size();
    }
    return size;
  }

  /** The endpoint for an attempt, or null if none is usable. */
  @Nullable EndpointPool pick(String previous, @Nullable Affinity affinity) {
    if (balancers.length == 1) {
      return balancers[0].pick(previous, affinity);
    }
    int chosen = level(affinity);
    EndpointPool picked = balancers[chosen].pick(previous, affinity);
    for (int i = 0; i < balancers.length && !isWelcome(picked, previous); i++) {
      EndpointPool other = i == chosen ? null : balancers[i].pick(previous, affinity);
      if (picked == null || isWelcome(other, previous)) {
        picked = other;
      }
    }
    return picked;
  }

  private static boolean isWelcome(@Nullable EndpointPool pool, String previous) {
    return pool != null && Balancer.isWelcome(pool, previous);
  }

  /** Equal requests stay on the same level as long as the shares do not change. */
  private int level(@Nullable Affinity affinity) {
    int point =
        affinity == null
            ? loop.random(100)
            : (int) Long.remainderUnsigned(XxHash64.mix(affinity.hash()), 100);
    int level = 0;
    while (level < cumulative.length - 1 && cumulative[level] <= point) {
      level++;
    }
    return level;
  }
}
