package io.fairlead.traces;

import java.util.List;
import java.util.Optional;

/**
 * Where spans are kept and found. Safe for use by many threads. A span counts once: a second one
 * with the same trace, id and kind is a repetition of the first and changes nothing.
 */
public interface SpanStore extends AutoCloseable {
  /** Takes spans of any traces. Spans of a trace that is there already join it. */
  Appended append(List<Span> spans);

  /** What is known of one trace. */
  Optional<Trace> trace(TraceId id);

  /** The traces that the query wants, the latest start first. */
  List<TraceSummary> search(TraceQuery query);

  /** The services with a span, sorted by name, each with its operations. */
  List<ServiceOperations> services();

  /** What is kept now, and what was not. */
  StoreStats stats();

  @Override
  void close();

  /**
   * What became of spans.
   *
   * @param stored kept
   * @param repeated known already
   * @param dropped not kept, because of a bound
   */
  record Appended(int stored, int repeated, int dropped) {}

  /**
   * A service that made spans.
   *
   * @param service its name
   * @param operations names of its spans, sorted; bounded by the store
   */
  record ServiceOperations(String service, List<String> operations) {
    public ServiceOperations {
      operations = List.copyOf(operations);
    }
  }

  /**
   * What a store holds now and has done since its start.
   *
   * @param traces traces kept now
   * @param spans spans kept now
   * @param bytes estimated size of what is kept now
   * @param stored spans taken in
   * @param repeated spans that were known already
   * @param evictedTraces whole traces given up for newer ones
   * @param evictedSpans their spans
   * @param droppedLate spans that came after their trace was given up
   * @param droppedOversize spans beyond the bound of one trace
   */
  record StoreStats(
      long traces,
      long spans,
      long bytes,
      long stored,
      long repeated,
      long evictedTraces,
      long evictedSpans,
      long droppedLate,
      long droppedOversize) {}
}
