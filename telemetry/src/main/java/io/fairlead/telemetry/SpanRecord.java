package io.fairlead.telemetry;

import java.util.List;

/**
 * A finished span. Immutable.
 *
 * @param context its ids, its parent and its flags
 * @param kind the side of the call
 * @param name what was done, with few distinct values: {@code GET /orders/{id}}
 * @param startEpochNanos when it began, in nanoseconds since 1970
 * @param durationNanos how long it took; not negative
 * @param status how it ended
 * @param attributes at most {@link #MAX_ATTRIBUTES}
 * @param events at most {@link #MAX_EVENTS}, in order of time
 */
public record SpanRecord(
    TraceContext context,
    SpanKind kind,
    String name,
    long startEpochNanos,
    long durationNanos,
    SpanStatus status,
    List<Attribute> attributes,
    List<SpanEvent> events) {
  /** The bound on attributes, OpenTelemetry's default. */
  public static final int MAX_ATTRIBUTES = 128;

  /** The bound on events, OpenTelemetry's default. */
  public static final int MAX_EVENTS = 128;

  public SpanRecord {
    if (durationNanos < 0) {
      throw new IllegalArgumentException(
          "durationNanos: must not be negative, was " + durationNanos);
    }
    attributes = bounded("attributes", attributes, MAX_ATTRIBUTES);
    events = bounded("events", events, MAX_EVENTS);
  }

  /** A span without events. */
  public SpanRecord(
      TraceContext context,
      SpanKind kind,
      String name,
      long startEpochNanos,
      long durationNanos,
      SpanStatus status,
      List<Attribute> attributes) {
    this(context, kind, name, startEpochNanos, durationNanos, status, attributes, List.of());
  }

  private static <T> List<T> bounded(String field, List<T> list, int most) {
    if (list.size() > most) {
      throw new IllegalArgumentException(
          field + ": must be at most " + most + ", was " + list.size());
    }
    return List.copyOf(list);
  }
}
