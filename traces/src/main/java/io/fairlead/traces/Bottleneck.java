package io.fairlead.traces;

import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
    var groups = new LinkedHashMap<Work, Map<Span, Long>>();
    for (CriticalPath.Segment segment : path) {
      var span = segment.span();
      groups
          .computeIfAbsent(
              new Work(span.service(), span.name(), span.kind()), work -> new LinkedHashMap<>())
          .merge(span, segment.durationNanos(), Long::sum);
    }
    long whole = tree.root().span().durationNanos();
    return groups.values().stream()
        .map(group -> of(group, whole))
        .max(Comparator.comparingLong(Bottleneck::selfNanos))
        .orElseGet(() -> new Bottleneck(tree.root().span(), 1, whole, 1));
  }

  private static Bottleneck of(Map<Span, Long> selfNanos, long wholeNanos) {
    var longest = Collections.max(selfNanos.entrySet(), Map.Entry.comparingByValue());
    long sum = selfNanos.values().stream().mapToLong(Long::longValue).sum();
    return new Bottleneck(longest.getKey(), selfNanos.size(), sum, (double) sum / wholeNanos);
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
