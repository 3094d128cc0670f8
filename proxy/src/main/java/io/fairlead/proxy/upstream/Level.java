package io.fairlead.proxy.upstream;

import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.Locality;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of one priority of a cluster, and of one place where that counts. Immutable.
 *
 * @param tier levels of one tier share what it gets
 * @param place of its endpoints; of any where places do not count
 * @param total of endpoints, whatever their health
 * @param healthy those that the configuration lets have requests
 * @param table over the healthy ones; null if none is needed
 * @param states of the healthy ones, in their order; empty if they are not judged
 * @param out the places of the healthy ones that must not be used just now
 * @param share of the cluster's requests, 0 to 100
 */
record Level(
    int tier,
    Locality place,
    int total,
    List<Endpoint> healthy,
    @Nullable HashTable table,
    List<EndpointState> states,
    BitSet out,
    int share) {
  /** A tier gets all requests as long as 1 / 1.4 of its endpoints are well, as with Envoy. */
  private static final int OVERPROVISIONING_PERCENT = 140;

  /** No places; never changed. */
  static final BitSet NONE_OUT = new BitSet(0);

  /** The places of those that are judged badly; not to be changed. */
  BitSet bad() {
    if (states.isEmpty()) {
      return NONE_OUT;
    }
    BitSet bad = new BitSet();
    for (int i = 0; i < states.size(); i++) {
      bad.set(i, states.get(i).isOut());
    }
    return bad;
  }

  /** How many endpoints are well. */
  int well() {
    return healthy.size() - bad().cardinality();
  }

  /** How much of the requests a tier can bear, in percent. */
  static int capacity(List<Level> tier) {
    int all = tier.stream().mapToInt(Level::total).sum();
    int well = tier.stream().mapToInt(Level::well).sum();
    return all == 0 ? 0 : Math.min(100, OVERPROVISIONING_PERCENT * well / all);
  }

  Level with(BitSet passedOver, int ofRequests) {
    return new Level(tier, place, total, healthy, table, states, passedOver, ofRequests);
  }
}
