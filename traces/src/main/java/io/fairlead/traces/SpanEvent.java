package io.fairlead.traces;

import java.util.Map;

/**
 * Something that happened during a span. Immutable.
 *
 * @param epochNanos when, in nanoseconds since 1970
 * @param name what, such as {@code order_created} or {@code exception}
 * @param attributes details
 */
public record SpanEvent(long epochNanos, String name, Map<String, AttributeValue> attributes) {
  public SpanEvent {
    attributes = Map.copyOf(attributes);
  }
}
