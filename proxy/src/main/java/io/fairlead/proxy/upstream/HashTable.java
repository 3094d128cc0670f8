package io.fairlead.proxy.upstream;

import io.fairlead.proxy.hash.XxHash64;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Cluster.LoadBalancing.Maglev;
import io.fairlead.traffic.Cluster.LoadBalancing.RingHash;
import io.fairlead.traffic.Endpoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Places that endpoints own, and the way from a hash to a place. Made once per configuration and
 * off the loops, which share it. Immutable.
 *
 * <p>An endpoint that must not be used just now keeps its places; whoever comes to one goes on to
 * the next place of another endpoint. So only its own requests go elsewhere, spread over all
 * others, and they come back with it.
 */
sealed interface HashTable permits HashRing, MaglevTable {
  /** The place of a hash. */
  int place(long hash);

  /** Places, at least one. */
  int size();

  /** The index of the endpoint that owns a place. */
  int owner(int place);

  /** The table that this way of balancing needs, or null if it needs none. */
  static @Nullable HashTable of(LoadBalancing balancing, List<Endpoint> endpoints) {
    if (endpoints.size() < 2) {
      return null;
    }
    return switch (balancing) {
      case LoadBalancing.Simple simple -> null;
      case LoadBalancing.PeakEwma peak -> null;
      case RingHash(var key, int least, int most) -> HashRing.of(endpoints, least, most);
      case Maglev(var key, int size) -> new MaglevTable(endpoints, size);
    };
  }

  /** By address, so that all proxies and the next instance at the address agree. */
  static long hash(Endpoint endpoint, String suffix) {
    return XxHash64.of(endpoint.address() + suffix);
  }
}
