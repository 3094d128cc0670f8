package io.fairlead.proxy.upstream;

import io.fairlead.proxy.exchange.Attempt;
import java.net.InetSocketAddress;

/** The endpoint of an attempt that counts for the cluster. Belongs to its pool. */
final class CountedPick implements Attempt.Picked {
  private final EndpointPool pool;
  private final ClusterLoad load;

  CountedPick(EndpointPool pool, ClusterLoad load) {
    this.pool = pool;
    this.load = load;
  }

  @Override
  public String id() {
    return pool.id();
  }

  @Override
  public InetSocketAddress address() {
    return pool.address();
  }

  @Override
  public void over(Attempt attempt) {
    load.end();
    pool.over(attempt);
  }
}
