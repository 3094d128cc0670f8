package io.fairlead.telemetry;

import java.util.List;

/**
 * Something that happened during a span. Immutable.
 *
 * @param epochNanos when, in nanoseconds since 1970
 * @param name what, such as {@code order_created}
 * @param attributes details
 */
public record SpanEvent(long epochNanos, String name, List<Attribute> attributes) {
  public SpanEvent {
    attributes = List.copyOf(attributes);
  }
}
