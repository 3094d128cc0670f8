package io.fairlead.proxy.upstream;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.Downstream;
import io.fairlead.proxy.exchange.Failure;
import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.traffic.Cluster.Protocol;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.HostPort;
import java.util.HashMap;
import java.util.Map;

/**
 * One loop's connections to the addresses that clients chose themselves, for a cluster of type
 * ORIGINAL_DST. A pool comes with the first call to its address; those without a connection go when
 * there are many. Belongs to its loop.
 */
final class OriginalPools {
  /** Addresses at a time; a further one is refused. */
  private static final int MOST = 16_384;

  private static final int FIRST_SWEEP = 256;

  private final Loop loop;
  private final Loops loops;
  private final EndpointPool.Limits limits;
  private final ClusterLoad load;
  private final Map<Key, EndpointPool> pools = new HashMap<>();
  private Members members;
  private int sweepAt = FIRST_SWEEP;

  /** Where to, and what is spoken there. */
  private record Key(HostPort address, Protocol protocol) {
    Endpoint endpoint() {
      return new Endpoint(address.toString(), address, 1, Endpoint.Health.HEALTHY);
    }
  }

  OriginalPools(
      Loop loop, Loops loops, EndpointPool.Limits limits, ClusterLoad load, Members members) {
    this.loop = loop;
    this.loops = loops;
    this.limits = limits;
    this.load = load;
    this.members = members;
  }

  void update(Members present) {
    if (!present.equals(members)) {
      members = present;
      pools.forEach(
          (key, pool) -> pool.update(key.endpoint(), present.chosenByClient(key.protocol)));
    }
  }

  /** Finds a connection to where the client of this attempt was going. */
  void open(Attempt attempt) {
    Peer.Ends ends = attempt.exchange().peer().ends();
    if (ends.way() == Peer.Way.DIRECT) {
      // It was going here, where it would come back for ever.
      attempt.failed(Failure.NO_ENDPOINT, "the connection has no destination but this proxy");
      return;
    }
    boolean http2 = attempt.exchange().protocol() == Downstream.Protocol.HTTP_2;
    Key key =
        new Key(
            new HostPort(ends.destination(), ends.destinationPort()),
            http2 ? Protocol.HTTP_2 : Protocol.HTTP_1);
    EndpointPool pool = pools.get(key);
    if (pool == null) {
      if (pools.size() >= sweepAt) {
        sweep();
      }
      if (pools.size() >= MOST) {
        attempt.failed(Failure.POOL_FULL, "connections to too many destinations are open");
        return;
      }
      pool =
          new EndpointPool(
              loop, loops, key.endpoint(), members.chosenByClient(key.protocol), limits, load);
      pools.put(key, pool);
    }
    pool.open(attempt);
  }

  private void sweep() {
    pools.values().removeIf(pool -> pool.active() == 0 && pool.openConnections() == 0);
    sweepAt = Math.min(MOST, Math.max(FIRST_SWEEP, 2 * pools.size()));
  }

  void retire() {
    pools.values().forEach(EndpointPool::retire);
  }
}
