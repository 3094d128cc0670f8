package io.fairlead.xds;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.fairlead.traffic.Preconnect;
import io.fairlead.traffic.UpstreamLimits;
import java.io.IOException;
import java.util.Optional;

/** fairlead.policy.v1.UpstreamLimits. Stateless. */
final class LimitsWire {
  private LimitsWire() {}

  /**
   * UpstreamLimits: max_connections 1, max_pending_requests 2, max_requests 3,
   * max_requests_per_connection 4, max_connection_duration 5, preconnect 6 (per_upstream_ratio 1,
   * predictive_ratio 2), max_concurrent_streams 7, max_response_head_kib 8, max_response_headers 9.
   */
  static ByteString limits(UpstreamLimits limits) {
    return PolicyWire.message(
        out -> {
          write(1, limits.maxConnections(), out);
          write(2, limits.maxPendingRequests(), out);
          write(3, limits.maxRequests(), out);
          write(4, limits.maxRequestsPerConnection(), out);
          if (limits.maxConnectionDuration().isPresent()) {
            out.writeBytes(5, PolicyWire.duration(limits.maxConnectionDuration().get()));
          }
          write(7, limits.http().maxConcurrentStreams(), out);
          write(8, limits.http().maxResponseHeadKib(), out);
          write(9, limits.http().maxResponseHeaders(), out);
          if (limits.preconnect().isPresent()) {
            var ahead = limits.preconnect().get();
            out.writeBytes(
                6,
                PolicyWire.message(
                    in -> {
                      in.writeDouble(1, ahead.perUpstreamRatio());
                      in.writeDouble(2, ahead.predictiveRatio());
                    }));
          }
        });
  }

  private static void write(int field, Optional<Integer> value, CodedOutputStream out)
      throws IOException {
    if (value.isPresent()) {
      out.writeUInt32(field, value.get());
    }
  }

  /** ClusterPolicy: limits 4. */
  static Optional<UpstreamLimits> limits(ProtoMessage policy) {
    return policy
        .optional(4)
        .map(
            m ->
                new UpstreamLimits(
                    number(m, 1),
                    number(m, 2),
                    number(m, 3),
                    number(m, 4),
                    m.has(5) ? Optional.of(m.duration(5)) : Optional.empty(),
                    m.optional(6).map(p -> new Preconnect(p.doubleNumber(1), p.doubleNumber(2))),
                    new UpstreamLimits.Http(number(m, 7), number(m, 8), number(m, 9))));
  }

  private static Optional<Integer> number(ProtoMessage m, int field) {
    return m.has(field) ? Optional.of(m.intNumber(field)) : Optional.empty();
  }
}
