package io.fairlead.xds;

import com.google.protobuf.ByteString;
import io.fairlead.traffic.LocalityRouting;
import java.util.Optional;
import java.util.TreeMap;

/** fairlead.policy.v1.LocalityRouting. Stateless. */
final class LocalityWire {
  private LocalityWire() {}

  /**
   * LocalityRouting: zone_aware 1 (min_cluster_size 1), failover 2 (regions 1: from 1, to 2),
   * distribute 3 (shares 1: from 1, to 2: to 1, percent 2).
   */
  static ByteString localities(LocalityRouting routing) {
    return PolicyWire.message(
        out -> {
          switch (routing) {
            case LocalityRouting.ZoneAware(int least) ->
                out.writeBytes(1, PolicyWire.message(in -> in.writeUInt32(1, least)));
            case LocalityRouting.Failover(var regions) ->
                out.writeBytes(
                    2,
                    PolicyWire.message(
                        in -> {
                          for (var region : regions.entrySet()) {
                            in.writeBytes(1, pair(region.getKey(), region.getValue()));
                          }
                        }));
            case LocalityRouting.Distribute(var all) ->
                out.writeBytes(
                    3,
                    PolicyWire.message(
                        in -> {
                          for (var shares : all) {
                            in.writeBytes(1, shares(shares));
                          }
                        }));
          }
        });
  }

  private static ByteString pair(String from, String to) {
    return PolicyWire.message(
        out -> {
          out.writeString(1, from);
          out.writeString(2, to);
        });
  }

  private static ByteString shares(LocalityRouting.Shares shares) {
    return PolicyWire.message(
        out -> {
          out.writeString(1, shares.from());
          for (var share : shares.to().entrySet()) {
            out.writeBytes(
                2,
                PolicyWire.message(
                    in -> {
                      in.writeString(1, share.getKey());
                      in.writeUInt32(2, share.getValue());
                    }));
          }
        });
  }

  /** ClusterPolicy: localities 5. */
  static Optional<LocalityRouting> localities(ProtoMessage policy) {
    return policy.optional(5).map(LocalityWire::routing);
  }

  private static LocalityRouting routing(ProtoMessage m) {
    if (m.has(1)) {
      return new LocalityRouting.ZoneAware(m.message(1).intNumber(1));
    }
    if (m.has(2)) {
      var regions = new TreeMap<String, String>();
      m.message(2).messages(1).forEach(region -> regions.put(region.text(1), region.text(2)));
      return new LocalityRouting.Failover(regions);
    }
    return new LocalityRouting.Distribute(
        m.message(3).messages(1).stream()
            .map(
                shares -> {
                  var to = new TreeMap<String, Integer>();
                  shares.messages(2).forEach(s -> to.put(s.text(1), s.intNumber(2)));
                  return new LocalityRouting.Shares(shares.text(1), to);
                })
            .toList());
  }
}
