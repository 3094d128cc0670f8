package io.fairlead.config;

import io.fairlead.config.LogFilter.Errors;
import io.fairlead.config.Manifest.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the spec of an AccessLog. Stateless. */
final class AccessLogReader {
  private AccessLogReader() {}

  /** The formats that need no template. */
  private enum Known {
    TEXT(LogFormat.ISTIO),
    JSON(LogFormat.ISTIO_JSON);

    private final LogFormat format;

    Known(LogFormat format) {
      this.format = format;
    }
  }

  static Manifest read(Metadata metadata, Fields spec) {
    var targets = ManifestReader.refs(spec, List.of("Gateway", "Service"));
    var path = spec.scalar("path", "a path", AccessLog::requirePath);
    var format = spec.object("format", AccessLogReader::format);
    var filter = spec.object("filter", AccessLogReader::filter);
    return new AccessLog(
        metadata,
        targets,
        path.orElse(AccessLog.STANDARD_OUTPUT),
        format.orElse(LogFormat.ISTIO),
        filter.orElse(LogFilter.ALL));
  }

  private static LogFormat format(Fields fields) {
    var named = fields.choice("type", Known.class).map(known -> known.format);
    Optional<LogFormat> text = fields.scalar("text", "a template", LogFormat.Text::new);
    Optional<LogFormat> json = fields.object("json", AccessLogReader::json);
    int given = 0;
    for (var key : List.of("type", "text", "json")) {
      given += fields.has(key) ? 1 : 0;
    }
    if (given != 1) {
      fields.fault(
          given == 0 ? "type" : fields.has("text") ? "text" : "json",
          "must be the only one of type, text and json");
    }
    return text.or(() -> json).or(() -> named).orElse(LogFormat.ISTIO);
  }

  private static LogFormat json(Fields fields) {
    var members = new ArrayList<LogFormat.Member>();
    for (var name : fields.names()) {
      fields
          .scalar(name, "a template", template -> new LogFormat.Member(name, template))
          .ifPresent(members::add);
    }
    if (fields.names().isEmpty() || fields.names().size() > 128) {
      throw new IllegalArgumentException("json: must have 1 to 128 members");
    }
    return members.isEmpty() ? LogFormat.ISTIO_JSON : new LogFormat.Json(members);
  }

  private static LogFilter filter(Fields fields) {
    var status = fields.integer("statusFrom", 100, 599);
    var errors = fields.choice("errors", Errors.class);
    var slower = fields.duration("slowerThan");
    var percent = fields.number("percent", 0, 100);
    boolean picks =
        status.isPresent() || slower.isPresent() || errors.equals(Optional.of(Errors.ALWAYS));
    return new LogFilter(
        status, errors.orElse(Errors.AS_THE_REST), slower, percent.orElse(picks ? 0.0 : 100.0));
  }
}
