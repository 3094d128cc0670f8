package io.fairlead.traces;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * Which traces to find, newest first. Immutable.
 *
 * <p>With a service, all conditions speak of one and the same span of that service. Without one,
 * the durations are those of the whole trace and the other conditions speak of any one span.
 *
 * @param service service of the span
 * @param operation name of the span
 * @param tags attributes of the span or of its resource, values compared as text
 * @param outcome whether failed or unfailed ones are wanted
 * @param minDuration shortest duration
 * @param maxDuration longest duration
 * @param from earliest start of the trace
 * @param to latest start of the trace
 * @param limit most traces to find, 1 to {@value #MAX_LIMIT}
 */
public record TraceQuery(
    Optional<String> service,
    Optional<String> operation,
    Map<String, String> tags,
    Outcome outcome,
    Duration minDuration,
    Duration maxDuration,
    Instant from,
    Instant to,
    int limit) {
  /** Most traces that one query may ask for. */
  public static final int MAX_LIMIT = 1000;

  /** Traces of those who name no limit. */
  public static final int DEFAULT_LIMIT = 20;

  /** Longer than any trace. */
  public static final Duration ANY_DURATION = Duration.ofDays(3650);

  /** Which ends of the work are wanted. */
  public enum Outcome {
    ANY,
    ERROR,
    NO_ERROR
  }

  public TraceQuery {
    tags = Map.copyOf(tags);
    if (limit < 1 || limit > MAX_LIMIT) {
      throw new IllegalArgumentException("limit: must be 1 to " + MAX_LIMIT + ", was " + limit);
    }
    if (minDuration.compareTo(maxDuration) > 0) {
      throw new IllegalArgumentException(
          "minDuration: must not be above maxDuration (%s), was %s"
              .formatted(DurationText.of(maxDuration), DurationText.of(minDuration)));
    }
  }

  /** The latest traces, whatever they are. */
  public static TraceQuery latest(int limit) {
    return new TraceQuery(
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        Outcome.ANY,
        Duration.ZERO,
        ANY_DURATION,
        Instant.EPOCH,
        Instant.ofEpochSecond(0, Long.MAX_VALUE),
        limit);
  }

  /** The same for one service. */
  public TraceQuery withService(String name) {
    return new TraceQuery(
        Optional.of(name), operation, tags, outcome, minDuration, maxDuration, from, to, limit);
  }

  /** The same for one operation. */
  public TraceQuery withOperation(String name) {
    return new TraceQuery(
        service, Optional.of(name), tags, outcome, minDuration, maxDuration, from, to, limit);
  }

  /** The same for attributes with these values. */
  public TraceQuery withTags(Map<String, String> wanted) {
    return new TraceQuery(
        service, operation, wanted, outcome, minDuration, maxDuration, from, to, limit);
  }

  /** The same for one outcome. */
  public TraceQuery withOutcome(Outcome wanted) {
    return new TraceQuery(
        service, operation, tags, wanted, minDuration, maxDuration, from, to, limit);
  }

  /** The same for durations in a range, both ends included. */
  public TraceQuery withDuration(Duration min, Duration max) {
    return new TraceQuery(service, operation, tags, outcome, min, max, from, to, limit);
  }

  /** The same for starts in a range, both ends included. */
  public TraceQuery withStart(Instant earliest, Instant latest) {
    return new TraceQuery(
        service, operation, tags, outcome, minDuration, maxDuration, earliest, latest, limit);
  }

  /** Whether what is known of the trace is wanted. */
  boolean matches(Trace trace, TraceSummary summary) {
    if (!within(summary.startEpochNanos(), from, to)) {
      return false;
    }
    if (service.isEmpty() && !durationFits(summary.durationNanos())) {
      return false;
    }
    return switch (outcome) {
      case ERROR -> trace.spans().stream().anyMatch(span -> span.isError() && matches(span));
      case NO_ERROR -> noErrorMatches(trace, summary);
      case ANY -> trace.spans().stream().anyMatch(this::matches);
    };
  }

  /** Without a service a trace is unfailed if nothing in it failed. */
  private boolean noErrorMatches(Trace trace, TraceSummary summary) {
    return service.isPresent()
        ? trace.spans().stream().anyMatch(span -> !span.isError() && matches(span))
        : summary.errorCount() == 0 && trace.spans().stream().anyMatch(this::matches);
  }

  private boolean matches(Span span) {
    return service.map(span.service()::equals).orElse(true)
        && operation.map(span.name()::equals).orElse(true)
        && (service.isEmpty() || durationFits(span.durationNanos()))
        && tags.entrySet().stream().allMatch(tag -> has(span, tag.getKey(), tag.getValue()));
  }

  private static boolean has(Span span, String key, String value) {
    var own = span.attributes().get(key);
    var held = own == null ? span.resource().attributes().get(key) : own;
    return held != null && held.text().equals(value);
  }

  private boolean durationFits(long nanos) {
    return nanos >= minDuration.toNanos() && nanos <= maxDuration.toNanos();
  }

  private static boolean within(long epochNanos, Instant from, Instant to) {
    var start = Instant.ofEpochSecond(0, epochNanos);
    return !start.isBefore(from) && !start.isAfter(to);
  }
}
