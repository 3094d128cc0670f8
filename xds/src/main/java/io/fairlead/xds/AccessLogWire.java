package io.fairlead.xds;

import com.google.protobuf.ByteString;
import io.fairlead.config.LogFilter;
import io.fairlead.config.LogFilter.Errors;
import io.fairlead.config.LogFormat;
import io.fairlead.traffic.AccessLog;
import java.util.Optional;

/** The wire form of {@code fairlead.policy.v1.AccessLog}. Stateless. */
final class AccessLogWire {
  private AccessLogWire() {}

  /**
   * AccessLog: path 1, text 2, json 3 (name 1, template 2), status_from 4, errors 5, slower_than 6,
   * percent 7.
   */
  static ByteString log(AccessLog log) {
    return PolicyWire.message(
        out -> {
          out.writeString(1, log.path());
          switch (log.format()) {
            case LogFormat.Text(var template) -> out.writeString(2, template);
            case LogFormat.Json(var members) -> {
              for (var member : members) {
                out.writeBytes(
                    3,
                    PolicyWire.message(
                        inner -> {
                          inner.writeString(1, member.name());
                          inner.writeString(2, member.template());
                        }));
              }
            }
          }
          var filter = log.filter();
          if (filter.statusFrom().isPresent()) {
            out.writeUInt32(4, filter.statusFrom().get());
          }
          out.writeEnum(
              5,
              switch (filter.errors()) {
                case AS_THE_REST -> 0;
                case ALWAYS -> 1;
              });
          if (filter.slowerThan().isPresent()) {
            out.writeBytes(6, PolicyWire.duration(filter.slowerThan().get()));
          }
          out.writeDouble(7, filter.percent());
        });
  }

  static AccessLog log(ProtoMessage m) {
    return new AccessLog(
        m.text(1),
        m.has(2)
            ? new LogFormat.Text(m.text(2))
            : new LogFormat.Json(
                m.messages(3).stream()
                    .map(member -> new LogFormat.Member(member.text(1), member.text(2)))
                    .toList()),
        new LogFilter(
            m.has(4) ? Optional.of(m.intNumber(4)) : Optional.empty(),
            switch (m.intNumber(5)) {
              case 0 -> Errors.AS_THE_REST;
              case 1 -> Errors.ALWAYS;
              default -> throw new DecodeException("errors: " + m.intNumber(5) + " is unknown");
            },
            m.has(6) ? Optional.of(m.duration(6)) : Optional.empty(),
            m.doubleNumber(7)));
  }
}
