package io.fairlead.xds;

import com.google.protobuf.ByteString;
import io.fairlead.traffic.GlobalRateLimit;
import io.fairlead.traffic.GlobalRateLimit.Descriptor;
import io.fairlead.traffic.GlobalRateLimit.Entry;
import io.fairlead.traffic.GlobalRateLimit.Entry.RequestHeader.Absence;
import io.fairlead.traffic.GlobalRateLimit.FailureMode;
import io.fairlead.traffic.Route.ValueMatch;
import io.fairlead.traffic.StringMatch;
import java.util.List;
import java.util.Optional;

/** fairlead.policy.v1.GlobalRateLimit: what a route has a rate limit service count. Stateless. */
final class RateLimitWire {
  private RateLimitWire() {}

  /** GlobalRateLimit: cluster 1, domain 2, timeout 3, refuse 4, descriptors 5. */
  static ByteString limit(GlobalRateLimit limit) {
    return PolicyWire.message(
        out -> {
          out.writeString(1, limit.cluster());
          out.writeString(2, limit.domain());
          out.writeBytes(3, PolicyWire.duration(limit.timeout()));
          out.writeBool(4, limit.failureMode() == FailureMode.REFUSE);
          for (var descriptor : limit.descriptors()) {
            out.writeBytes(5, descriptor(descriptor));
          }
        });
  }

  /** Descriptor: entries 1, hits 2. */
  private static ByteString descriptor(Descriptor descriptor) {
    return PolicyWire.message(
        out -> {
          for (var entry : descriptor.entries()) {
            out.writeBytes(1, entry(entry));
          }
          out.writeUInt32(2, descriptor.hits());
        });
  }

  /**
   * Entry: one of source_cluster 1, destination_cluster 2, remote_address 3, path 4, request_header
   * 5 (name 1, key 2, skip_if_absent 3), generic_key 6 (key 1, value 2), header_value_match 7 (key
   * 1, value 2, headers 3: name 1, form 2, value 3, differs 4).
   */
  private static ByteString entry(Entry entry) {
    return PolicyWire.message(
        out -> {
          switch (entry) {
            case Entry.SourceCluster source -> out.writeBytes(1, ByteString.EMPTY);
            case Entry.DestinationCluster destination -> out.writeBytes(2, ByteString.EMPTY);
            case Entry.RemoteAddress address -> out.writeBytes(3, ByteString.EMPTY);
            case Entry.Path path -> out.writeBytes(4, ByteString.EMPTY);
            case Entry.RequestHeader(var name, var key, var absence) ->
                out.writeBytes(
                    5,
                    PolicyWire.message(
                        at -> {
                          at.writeString(1, name);
                          at.writeString(2, key);
                          at.writeBool(3, absence == Absence.ENTRY_LEFT_OUT);
                        }));
            case Entry.GenericKey(var key, var value) -> out.writeBytes(6, pair(key, value));
            case Entry.HeaderValueMatch(var key, var value, var headers) ->
                out.writeBytes(
                    7,
                    PolicyWire.message(
                        at -> {
                          at.writeString(1, key);
                          at.writeString(2, value);
                          for (var header : headers) {
                            at.writeBytes(3, header(header));
                          }
                        }));
          }
        });
  }

  private static ByteString pair(String key, String value) {
    return PolicyWire.message(
        out -> {
          out.writeString(1, key);
          out.writeString(2, value);
        });
  }

  private static ByteString header(ValueMatch match) {
    return PolicyWire.message(
        out -> {
          out.writeString(1, match.name());
          switch (match.value()) {
            case StringMatch.Exact(var text) -> {
              out.writeUInt32(2, 1);
              out.writeString(3, text);
            }
            case StringMatch.Prefix(var text) -> {
              out.writeUInt32(2, 2);
              out.writeString(3, text);
            }
            case StringMatch.Suffix(var text) -> {
              out.writeUInt32(2, 3);
              out.writeString(3, text);
            }
            case StringMatch.Contains(var text) -> {
              out.writeUInt32(2, 4);
              out.writeString(3, text);
            }
            case StringMatch.Regex(var text) -> {
              out.writeUInt32(2, 5);
              out.writeString(3, text);
            }
            case StringMatch.Present present -> out.writeUInt32(2, 6);
          }
          out.writeBool(4, match.sense() == ValueMatch.Sense.DIFFERS);
        });
  }

  /** RoutePolicy: global_rate_limit 7. */
  static Optional<GlobalRateLimit> limit(ProtoMessage routePolicy) {
    return routePolicy
        .optional(7)
        .map(
            m ->
                new GlobalRateLimit(
                    m.text(1),
                    m.text(2),
                    m.duration(3),
                    m.flag(4) ? FailureMode.REFUSE : FailureMode.ALLOW,
                    m.messages(5).stream()
                        .map(
                            d ->
                                new Descriptor(
                                    d.messages(1).stream().map(RateLimitWire::entry).toList(),
                                    d.intNumber(2)))
                        .toList()));
  }

  private static Entry entry(ProtoMessage m) {
    if (m.has(1)) {
      return new Entry.SourceCluster();
    }
    if (m.has(2)) {
      return new Entry.DestinationCluster();
    }
    if (m.has(3)) {
      return new Entry.RemoteAddress();
    }
    if (m.has(4)) {
      return new Entry.Path();
    }
    if (m.has(5)) {
      var header = m.message(5);
      return new Entry.RequestHeader(
          header.text(1),
          header.text(2),
          header.flag(3) ? Absence.ENTRY_LEFT_OUT : Absence.DESCRIPTOR_LEFT_OUT);
    }
    if (m.has(6)) {
      return new Entry.GenericKey(m.message(6).text(1), m.message(6).text(2));
    }
    if (m.has(7)) {
      var match = m.message(7);
      List<ValueMatch> headers = match.messages(3).stream().map(RateLimitWire::header).toList();
      return new Entry.HeaderValueMatch(match.text(1), match.text(2), headers);
    }
    throw new DecodeException("global_rate_limit: an entry is unknown");
  }

  private static ValueMatch header(ProtoMessage m) {
    var text = m.text(3);
    var match =
        switch (m.intNumber(2)) {
          case 1 -> new StringMatch.Exact(text);
          case 2 -> new StringMatch.Prefix(text);
          case 3 -> new StringMatch.Suffix(text);
          case 4 -> new StringMatch.Contains(text);
          case 5 -> StringMatch.regex(text);
          case 6 -> new StringMatch.Present();
          default -> throw new DecodeException("global_rate_limit: a header match is unknown");
        };
    return new ValueMatch(
        m.text(1), match, m.flag(4) ? ValueMatch.Sense.DIFFERS : ValueMatch.Sense.MATCHES);
  }
}
