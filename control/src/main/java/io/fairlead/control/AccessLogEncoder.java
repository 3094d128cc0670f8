package io.fairlead.control;

import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLogFilter;
import io.envoyproxy.envoy.config.accesslog.v3.ComparisonFilter;
import io.envoyproxy.envoy.config.accesslog.v3.DurationFilter;
import io.envoyproxy.envoy.config.accesslog.v3.OrFilter;
import io.envoyproxy.envoy.config.accesslog.v3.ResponseFlagFilter;
import io.envoyproxy.envoy.config.accesslog.v3.RuntimeFilter;
import io.envoyproxy.envoy.config.accesslog.v3.StatusCodeFilter;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.RuntimeUInt32;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.fairlead.config.LogFilter;
import io.fairlead.config.LogFormat;
import io.fairlead.traffic.AccessLog;
import io.fairlead.traffic.Listener;
import java.util.ArrayList;
import java.util.List;

/** Access logs as Envoy has them; our own data planes read the listener's metadata. Stateless. */
final class AccessLogEncoder {
  private AccessLogEncoder() {}

  static List<io.envoyproxy.envoy.config.accesslog.v3.AccessLog> logs(Listener listener) {
    return listener.accessLogs().stream().map(AccessLogEncoder::log).toList();
  }

  private static io.envoyproxy.envoy.config.accesslog.v3.AccessLog log(AccessLog log) {
    var standardOutput = log.path().equals(io.fairlead.config.AccessLog.STANDARD_OUTPUT);
    var message =
        io.envoyproxy.envoy.config.accesslog.v3.AccessLog.newBuilder()
            .setName("envoy.access_loggers.file")
            .setTypedConfig(
                Any.pack(
                    FileAccessLog.newBuilder()
                        .setPath(standardOutput ? "/dev/stdout" : log.path())
                        .setLogFormat(format(log.format()))
                        .build()));
    if (!log.filter().isAll()) {
      message.setFilter(filter(log.filter()));
    }
    return message.build();
  }

  private static SubstitutionFormatString format(LogFormat format) {
    return switch (format) {
      case LogFormat.Text(var template) ->
          SubstitutionFormatString.newBuilder()
              .setTextFormatSource(
                  DataSource.newBuilder()
                      .setInlineString(template.endsWith("\n") ? template : template + "\n"))
              .build();
      case LogFormat.Json(var members) -> {
        var struct = Struct.newBuilder();
        members.forEach(
            member ->
                struct.putFields(
                    member.name(), Value.newBuilder().setStringValue(member.template()).build()));
        yield SubstitutionFormatString.newBuilder().setJsonFormat(struct).build();
      }
    };
  }

  private static AccessLogFilter filter(LogFilter filter) {
    var any = new ArrayList<AccessLogFilter>();
    filter.statusFrom().ifPresent(status -> any.add(status(status)));
    switch (filter.errors()) {
      case AS_THE_REST -> {}
      case ALWAYS -> {
        any.add(status(500));
        any.add(
            AccessLogFilter.newBuilder()
                .setResponseFlagFilter(ResponseFlagFilter.getDefaultInstance())
                .build());
      }
    }
    filter
        .slowerThan()
        .ifPresent(
            slow ->
                any.add(
                    AccessLogFilter.newBuilder()
                        .setDurationFilter(
                            DurationFilter.newBuilder()
                                .setComparison(
                                    comparison((int) Math.min(slow.toMillis(), Integer.MAX_VALUE))))
                        .build()));
    any.add(
        AccessLogFilter.newBuilder()
            .setRuntimeFilter(
                RuntimeFilter.newBuilder()
                    .setRuntimeKey("fairlead.access_log.percent")
                    .setPercentSampled(
                        FractionalPercent.newBuilder()
                            .setNumerator((int) Math.round(filter.percent() * 10_000))
                            .setDenominator(FractionalPercent.DenominatorType.MILLION))
                    .setUseIndependentRandomness(true))
            .build());
    return any.size() == 1
        ? any.getFirst()
        : AccessLogFilter.newBuilder()
            .setOrFilter(OrFilter.newBuilder().addAllFilters(any))
            .build();
  }

  private static AccessLogFilter status(int from) {
    return AccessLogFilter.newBuilder()
        .setStatusCodeFilter(StatusCodeFilter.newBuilder().setComparison(comparison(from)))
        .build();
  }

  private static ComparisonFilter comparison(int from) {
    return ComparisonFilter.newBuilder()
        .setOp(ComparisonFilter.Op.GE)
        .setValue(
            RuntimeUInt32.newBuilder()
                .setDefaultValue(from)
                .setRuntimeKey("fairlead.access_log.bound"))
        .build();
  }
}
