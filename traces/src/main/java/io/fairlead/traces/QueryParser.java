package io.fairlead.traces;

import com.linecorp.armeria.common.QueryParams;
import io.fairlead.traces.TraceJson.Fault;
import io.fairlead.traces.TraceQuery.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads the parameters of a search and collects everything that is wrong with them. */
final class QueryParser {
  private static final Set<String> KNOWN =
      new TreeSet<>(
          List.of(
              "service",
              "operation",
              "tag",
              "error",
              "minDuration",
              "maxDuration",
              "last",
              "from",
              "to",
              "limit"));

  private final QueryParams parameters;
  private final InstantSource clock;
  private final List<Fault> faults = new ArrayList<>();

  private QueryParser(QueryParams parameters, InstantSource clock) {
    this.parameters = parameters;
    this.clock = clock;
  }

  /** What was read. */
  sealed interface Parsed {
    /** A query. */
    record Ok(TraceQuery query) implements Parsed {}

    /** Everything that is wrong. */
    record Wrong(List<Fault> faults) implements Parsed {}
  }

  static Parsed parse(QueryParams parameters, InstantSource clock) {
    return new QueryParser(parameters, clock).parse();
  }

  private Parsed parse() {
    for (String name : parameters.names()) {
      if (!KNOWN.contains(name)) {
        fault(name, "is not a known parameter, known are " + String.join(" ", KNOWN));
      }
    }
    var outcome = outcome();
    var tags = tags();
    int limit = limit();
    var min = duration("minDuration", Duration.ZERO);
    var max = duration("maxDuration", TraceQuery.ANY_DURATION);
    var latest = TraceQuery.latest(TraceQuery.DEFAULT_LIMIT);
    var from = instant("from", latest.from());
    var to = instant("to", latest.to());
    if (parameters.contains("last")) {
      from = clock.instant().minus(duration("last", Duration.ZERO));
      if (parameters.contains("from")) {
        fault("last", "must not stand beside 'from'");
      }
    }
    if (min.compareTo(max) > 0) {
      fault("minDuration", "must not be above maxDuration");
    }
    if (!faults.isEmpty()) {
      return new Parsed.Wrong(faults);
    }
    return new Parsed.Ok(
        new TraceQuery(
            text("service"), text("operation"), tags, outcome, min, max, from, to, limit));
  }

  private Optional<String> text(String name) {
    return Optional.ofNullable(parameters.get(name)).filter(value -> !value.isEmpty());
  }

  private Outcome outcome() {
    return switch (parameters.get("error", "")) {
      case "" -> Outcome.ANY;
      case "true" -> Outcome.ERROR;
      case "false" -> Outcome.NO_ERROR;
      default -> {
        fault("error", "must be true or false");
        yield Outcome.ANY;
      }
    };
  }

  private Map<String, String> tags() {
    var tags = new LinkedHashMap<String, String>();
    for (String tag : parameters.getAll("tag")) {
      int equals = tag.indexOf('=');
      if (equals <= 0) {
        faults.add(new Fault("tag", tag, "must be KEY=VALUE"));
      } else {
        tags.put(tag.substring(0, equals), tag.substring(equals + 1));
      }
    }
    return tags;
  }

  private int limit() {
    var text = parameters.get("limit", Integer.toString(TraceQuery.DEFAULT_LIMIT));
    if (text.matches("\\d{1,4}")) {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= TraceQuery.MAX_LIMIT) {
        return limit;
      }
    }
    fault("limit", "must be 1 to " + TraceQuery.MAX_LIMIT);
    return TraceQuery.DEFAULT_LIMIT;
  }

  private Duration duration(String name, Duration absent) {
    var text = text(name);
    if (text.isEmpty()) {
      return absent;
    }
    var duration = DurationText.parse(text.get());
    if (duration.isEmpty()) {
      fault(name, "must be a number with its unit us, ms, s, m, h or d, such as 500ms");
    }
    return duration.orElse(absent);
  }

  private Instant instant(String name, Instant absent) {
    var text = text(name);
    try {
      return text.map(Instant::parse).orElse(absent);
    } catch (DateTimeParseException e) {
      fault(name, "must be a time such as 2026-11-01T12:00:00Z");
      return absent;
    }
  }

  private void fault(String name, String rule) {
    faults.add(new Fault(name, parameters.get(name, ""), rule));
  }
}
