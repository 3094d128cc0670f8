package io.fairlead.traces;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * One line about a trace. Immutable.
 *
 * @param id the trace
 * @param service service of its first span
 * @param operation name of its first span
 * @param startEpochNanos earliest start, nanoseconds since 1970
 * @param durationNanos from the earliest start to the latest end, as recorded
 * @param errorCount spans that failed
 * @param services spans of each service, sorted by name
 */
public record TraceSummary(
    TraceId id,
    String service,
    String operation,
    long startEpochNanos,
    long durationNanos,
    int errorCount,
    Map<String, Integer> services) {

  public TraceSummary {
    services = Collections.unmodifiableSortedMap(new TreeMap<>(services));
  }

  /** The summary of what is known of a trace. */
  public static TraceSummary of(Trace trace) {
    var services = new TreeMap<String, Integer>();
    long end = Long.MIN_VALUE;
    int errors = 0;
    for (Span span : trace.spans()) {
      services.merge(span.service(), 1, Integer::sum);
      end = Math.max(end, span.endEpochNanos());
      errors += span.isError() ? 1 : 0;
    }
    var first =
        trace.spans().stream()
            .filter(span -> span.parentSpanId() == 0)
            .findFirst()
            .orElse(trace.spans().getFirst());
    long start = trace.spans().getFirst().startEpochNanos();
    return new TraceSummary(
        trace.id(), first.service(), first.name(), start, end - start, errors, services);
  }

  /** Spans of all services. */
  public int spanCount() {
    return services.values().stream().mapToInt(Integer::intValue).sum();
  }
}
