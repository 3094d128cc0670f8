package io.fairlead.xds;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.fairlead.traffic.Cluster.HashKey;
import io.fairlead.traffic.Cluster.LoadBalancing;
import java.io.IOException;
import java.util.Optional;

/**
 * The load balancing of a cluster. Stateless. What a request is hashed by stands in the cluster's
 * own policy and not in routes, since clusters that share a route may differ in it.
 */
final class BalancingWire {
  private BalancingWire() {}

  /**
   * Cluster: lb_policy 6, ring_hash_lb_config 23 (minimum_ring_size 1, maximum_ring_size 4),
   * maglev_lb_config 52 (table_size 1).
   */
  static LoadBalancing loadBalancing(ProtoMessage cluster, Optional<ProtoMessage> policy) {
    return switch (cluster.intNumber(6)) {
      case 0 -> LoadBalancing.Simple.ROUND_ROBIN;
      case 1 ->
          policy
              .filter(own -> own.has(3))
              .<LoadBalancing>map(own -> new LoadBalancing.PeakEwma(own.duration(3)))
              .orElse(LoadBalancing.Simple.LEAST_REQUEST);
      case 2 -> {
        var ring = cluster.message(23);
        yield new LoadBalancing.RingHash(
            key(policy),
            wrapped(ring, 1, LoadBalancing.RingHash.DEFAULT_MIN),
            wrapped(ring, 4, LoadBalancing.RingHash.MOST));
      }
      case 3 -> LoadBalancing.Simple.RANDOM;
      case 5 ->
          new LoadBalancing.Maglev(
              key(policy), wrapped(cluster.message(52), 1, LoadBalancing.Maglev.DEFAULT_SIZE));
      default -> throw new DecodeException("lb_policy: is not supported, in " + cluster.text(1));
    };
  }

  /** A UInt32Value or UInt64Value; beyond an int it is too large for every bound. */
  static int wrapped(ProtoMessage message, int field, int otherwise) {
    if (!message.has(field)) {
      return otherwise;
    }
    long value = message.message(field).number(1);
    return value < 0 || value > Integer.MAX_VALUE ? Integer.MAX_VALUE : (int) value;
  }

  /** fairlead.policy.v1.ClusterPolicy: hash_key 2, peak_ewma_decay 3. */
  static void write(LoadBalancing balancing, CodedOutputStream out) throws IOException {
    switch (balancing) {
      case LoadBalancing.Simple simple -> {}
      case LoadBalancing.PeakEwma(var decay) -> out.writeBytes(3, PolicyWire.duration(decay));
      case LoadBalancing.RingHash(var key, int least, int most) -> out.writeBytes(2, key(key));
      case LoadBalancing.Maglev(var key, int size) -> out.writeBytes(2, key(key));
    }
  }

  /** HashKey: header 1, cookie 2 (name 1, path 2, lifetime 3), source_address 3, query 4. */
  private static ByteString key(HashKey key) {
    return PolicyWire.message(
        out -> {
          switch (key) {
            case HashKey.Header(var name) -> out.writeString(1, name);
            case HashKey.Cookie cookie -> out.writeBytes(2, cookie(cookie));
            case HashKey.SourceAddress() -> out.writeBool(3, true);
            case HashKey.QueryParameter(var name) -> out.writeString(4, name);
          }
        });
  }

  private static ByteString cookie(HashKey.Cookie cookie) {
    return PolicyWire.message(
        out -> {
          out.writeString(1, cookie.name());
          out.writeString(2, cookie.path());
          if (cookie.lifetime().isPresent()) {
            out.writeBytes(3, PolicyWire.duration(cookie.lifetime().get()));
          }
        });
  }

  private static HashKey key(Optional<ProtoMessage> policy) {
    var key = policy.flatMap(own -> own.optional(2));
    if (key.isEmpty()) {
      throw new DecodeException("lb_policy: needs the hash_key of " + TypeUrls.CLUSTER_POLICY);
    }
    var m = key.get();
    if (m.has(1)) {
      return new HashKey.Header(m.text(1));
    }
    if (m.has(2)) {
      var cookie = m.message(2);
      var lifetime =
          cookie.has(3) ? Optional.of(cookie.duration(3)) : Optional.<java.time.Duration>empty();
      return new HashKey.Cookie(cookie.text(1), cookie.text(2), lifetime);
    }
    if (m.flag(3)) {
      return new HashKey.SourceAddress();
    }
    return new HashKey.QueryParameter(m.text(4));
  }
}
