package io.fairlead.proxy.upstream;

import io.fairlead.traffic.Preconnect;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Has one loop's connections of a cluster made before they are asked for, as far as the bounds of
 * pools and cluster allow. Belongs to its loop.
 */
final class Preconnecting {
  private final Preconnect wanted;
  private final List<EndpointPool> pools;

  /**
   * @param pools of the endpoints that may get requests
   */
  Preconnecting(Preconnect wanted, List<EndpointPool> pools) {
    this.wanted = wanted;
    this.pools = List.copyOf(pools);
    if (wanted.perUpstreamRatio() > 1) {
      this.pools.forEach(pool -> pool.prepare(1));
    }
  }

  /** An attempt was begun there. */
  void begun(EndpointPool pool) {
    pool.prepare((int) Math.ceil(pool.active() * wanted.perUpstreamRatio()));
    if (wanted.predictiveRatio() > 1 && pool.idleConnections() == 0) {
      predict();
    }
  }

  /** The endpoint with the fewest connections to spare is where the next attempt would wait. */
  private void predict() {
    int open = 0;
    int active = 0;
    @Nullable EndpointPool next = null;
    for (EndpointPool each : pools) {
      open += each.openConnections();
      active += each.active();
      next = next == null || spare(each) < spare(next) ? each : next;
    }
    if (next != null && open < active * wanted.predictiveRatio()) {
      next.prepare(next.openConnections() + 1);
    }
  }

  private static int spare(EndpointPool pool) {
    // Where several have none, the least busy one is next.
    int spare = pool.openConnections() - pool.active();
    return pool.isSuspect() ? Integer.MAX_VALUE : spare * 1_000_000 + pool.active();
  }
}
