package io.fairlead.proxy.metric;

import io.fairlead.proxy.exchange.GrpcCode;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.telemetry.Histogram;
import io.fairlead.telemetry.HistogramSnapshot;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * Counts of the requests of one component to one cluster. Each loop writes cells of its own, which
 * whoever reads adds up; there are none before the first request, since of many clusters few are
 * called.
 */
final class RequestCounts {
  /** Status classes: none, since no answer was given, then 1xx to 5xx. */
  static final int CLASSES = 6;

  private static final int REASONS = Reason.values().length;

  /** Cells of a loop: answers of upstreams by class, those of the proxy by class and reason. */
  private static final int LOCAL = CLASSES;

  private static final int RETRIES = LOCAL + CLASSES * REASONS;

  private static final int CALLS = RETRIES + 1;

  /** Cells of different loops lie in different cache lines. */
  private static final int STRIDE = (CALLS + GrpcCode.values().length + 15) / 8 * 8;

  private final int loops;
  private volatile @Nullable Recorded recorded;

  private record Recorded(AtomicLongArray cells, Histogram durations) {}

  RequestCounts(int loops) {
    this.loops = loops;
  }

  private Recorded recorded() {
    Recorded present = recorded;
    return present == null ? first() : present;
  }

  private synchronized Recorded first() {
    Recorded present = recorded;
    if (present == null) {
      present =
          new Recorded(
              new AtomicLongArray(loops * STRIDE),
              Histogram.ofDurations(Histogram.latencyBounds()));
      recorded = present;
    }
    return present;
  }

  /** Whether anything was counted yet. */
  boolean isUsed() {
    return recorded != null;
  }

  static String className(int statusClass) {
    return statusClass == 0 ? "none" : statusClass + "xx";
  }

  void ended(int loop, int status, @Nullable Reason reason, long nanos) {
    int statusClass = Math.clamp(status / 100, 0, CLASSES - 1);
    int cell = reason == null ? statusClass : local(statusClass, reason);
    Recorded present = recorded();
    add(present.cells, loop, cell);
    present.durations.record(nanos);
  }

  /** A call of gRPC ended so; it is counted as a request too. */
  void called(int loop, GrpcCode code) {
    add(recorded().cells, loop, CALLS + code.number());
  }

  void retried(int loop) {
    add(recorded().cells, loop, RETRIES);
  }

  private static void add(AtomicLongArray cells, int loop, int cell) {
    int at = loop * STRIDE + cell;
    // Only this loop writes here, so that nothing can come between the two.
    cells.setOpaque(at, cells.getPlain(at) + 1);
  }

  private static int local(int statusClass, Reason reason) {
    return LOCAL + statusClass * REASONS + reason.ordinal();
  }

  private long sum(int cell) {
    Recorded present = recorded;
    long sum = 0;
    for (int loop = 0; present != null && loop < loops; loop++) {
      sum += present.cells.getOpaque(loop * STRIDE + cell);
    }
    return sum;
  }

  long upstreamAnswers(int statusClass) {
    return sum(statusClass);
  }

  long localAnswers(int statusClass, Reason reason) {
    return sum(local(statusClass, reason));
  }

  long calls(GrpcCode code) {
    return sum(CALLS + code.number());
  }

  long retries() {
    return sum(RETRIES);
  }

  HistogramSnapshot durations() {
    return recorded().durations.snapshot();
  }
}
