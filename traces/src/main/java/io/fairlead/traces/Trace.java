package io.fairlead.traces;

import java.util.Comparator;
import java.util.List;

/**
 * What is known of a trace at this moment. Immutable; spans are sorted by start.
 *
 * @param id the trace
 * @param spans at least one span, all of this trace
 */
public record Trace(TraceId id, List<Span> spans) {
  private static final Comparator<Span> BY_START =
      Comparator.comparingLong(Span::startEpochNanos).thenComparingLong(Span::spanId);

  public Trace {
    if (spans.isEmpty()) {
      throw new IllegalArgumentException("spans: must not be empty");
    }
    for (Span span : spans) {
      if (!span.traceId().equals(id)) {
        throw new IllegalArgumentException(
            "spans: must be of trace " + id + ", one is of " + span.traceId());
      }
    }
    spans = spans.stream().sorted(BY_START).toList();
  }
}
