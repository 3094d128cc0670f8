package io.fairlead.traces;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * One finished piece of work within a trace. Immutable.
 *
 * @param traceId the trace
 * @param spanId names it within the trace, not 0
 * @param parentSpanId the span that caused it, 0 for none
 * @param resource who did the work
 * @param name what was done, with few distinct values
 * @param kind which side of which relation
 * @param startEpochNanos when it began, nanoseconds since 1970 by the clock of its host, above 0
 * @param durationNanos how long it took, not negative
 * @param status how it ended
 * @param statusMessage why, empty if nothing was said
 * @param attributes details, such as {@code http.response.status_code}
 * @param events what happened during it, in the order told
 */
public record Span(
    TraceId traceId,
    long spanId,
    long parentSpanId,
    Resource resource,
    String name,
    SpanKind kind,
    long startEpochNanos,
    long durationNanos,
    SpanStatus status,
    String statusMessage,
    Map<String, AttributeValue> attributes,
    List<SpanEvent> events) {

  /**
   * Checks ids and times.
   *
   * @throws IllegalArgumentException naming the field, its value and the rule
   */
  public Span {
    require(spanId != 0, "spanId: must not be all zero");
    require(startEpochNanos > 0, "startTimeUnixNano: must be above 0, was " + startEpochNanos);
    require(durationNanos >= 0, "durationNanos: must not be negative, was " + durationNanos);
    require(
        startEpochNanos + durationNanos > 0, "endTimeUnixNano: must be before 2262, was past it");
    attributes = Map.copyOf(attributes);
    events = List.copyOf(events);
  }

  /** Name of the service that did the work. */
  public String service() {
    return resource.service();
  }

  /** When it ended, nanoseconds since 1970. */
  public long endEpochNanos() {
    return startEpochNanos + durationNanos;
  }

  /** Whether its work failed. */
  public boolean isError() {
    return status == SpanStatus.ERROR;
  }

  /** The id as 16 hexadecimal digits. */
  public String spanIdText() {
    return HexFormat.of().toHexDigits(spanId);
  }

  /** The parent's id as 16 hexadecimal digits, empty for none. */
  public String parentSpanIdText() {
    return parentSpanId == 0 ? "" : HexFormat.of().toHexDigits(parentSpanId);
  }

  /** The same span with an equal resource in the place of its own. */
  Span withResource(Resource same) {
    return same == resource
        ? this
        : new Span(
            traceId,
            spanId,
            parentSpanId,
            same,
            name,
            kind,
            startEpochNanos,
            durationNanos,
            status,
            statusMessage,
            attributes,
            events);
  }

  private static void require(boolean holds, String rule) {
    if (!holds) {
      throw new IllegalArgumentException(rule);
    }
  }
}
