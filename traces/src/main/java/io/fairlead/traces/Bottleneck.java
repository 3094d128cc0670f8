package io.fairlead.traces;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;

/**
 * The work that takes most of the critical path: spans of one service and name together.
 *
 * @param span the longest of them
 * @param spanCount how many there are
 * @param selfNanos their own time on the path, without what they waited for
 * @param share of the whole request, 0 to 1
 */
public record Bottleneck(Span span, int spanCount, long selfNanos, double share) {
  /** What makes work the same. */
  private record Work(String service, String name, SpanKind kind) {}

  static Bottleneck of(TraceTree tree, List<CriticalPath.Segment> path) {
    var groups = new LinkedHashMap<Work, LinkedHashMap<Long, Long>>();
    var spans = new LinkedHashMap<Long, Span>();
    for (CriticalPath.Segment segment : path) {
      var span = segment.span();
      spans.put(span.spanId(), span);
      groups
          .computeIfAbsent(
              new Work(span.service(), span.name(), span.kind()), w -> new LinkedHashMap<>())
          .merge(span.spanId(), segment.durationNanos(), Long::sum);
    }
    long whole = tree.root().span().durationNanos();
    return groups.values().stream()
        .map(group -> of(group, spans, whole))
        .max(Comparator.comparingLong(Bottleneck::selfNanos))
        .orElseGet(() -> new Bottleneck(tree.root().span(), 1, whole, 1));
  }

  private static Bottleneck of(
      LinkedHashMap<Long, Long> selfNanosById, LinkedHashMap<Long, Span> spans, long whole) {
    long longestId = 0;
    long longest = -1;
    long sum = 0;
    for (var entry : selfNanosById.entrySet()) {
      sum += entry.getValue();
      if (entry.getValue() > longest) {
        longest = entry.getValue();
        longestId = entry.getKey();
      }
    }
    var span = Objects.requireNonNull(spans.get(longestId));
    return new Bottleneck(span, selfNanosById.size(), sum, (double) sum / whole);
  }

  /** The finding in one sentence. */
  String sentence() {
    var what =
        spanCount == 1
            ? "%s, %s".formatted(span.service(), span.name())
            : "%s, %s (%d times)".formatted(span.service(), span.name(), spanCount);
    var how =
        switch (span.kind()) {
          case CLIENT, PRODUCER -> "waits there, and no span below says for what";
          case SERVER, CONSUMER, INTERNAL, UNSPECIFIED -> "works there itself";
        };
    return "Bottleneck: %s: %s (%.0f %%) of the request; it %s."
        .formatted(what, DurationText.of(selfNanos), share * 100, how);
  }
}
