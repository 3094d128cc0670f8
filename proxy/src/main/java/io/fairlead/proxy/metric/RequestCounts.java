package io.fairlead.proxy.metric;

import io.fairlead.proxy.exchange.GrpcCode;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.telemetry.Histogram;
import io.fairlead.telemetry.HistogramSnapshot;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * Counts of the requests of one component to one cluster. Each loop writes cells of its own, which
 * whoever reads adds up.
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
  private final AtomicLongArray cells;
  private final Histogram durations = Histogram.ofDurations(Histogram.latencyBounds());

  RequestCounts(int loops) {
    this.loops = loops;
    cells = new AtomicLongArray(loops * STRIDE);
  }

  static String className(int statusClass) {
    return statusClass == 0 ? "none" : statusClass + "xx";
  }

  void ended(int loop, int status, @Nullable Reason reason, long nanos) {
    int statusClass = Math.clamp(status / 100, 0, CLASSES - 1);
    int cell = reason == null ? statusClass : local(statusClass, reason);
    add(loop, cell);
    durations.record(nanos);
  }

  /** A call of gRPC ended so; it is counted as a request too. */
  void called(int loop, GrpcCode code) {
    add(loop, CALLS + code.number());
  }

  void retried(int loop) {
    add(loop, RETRIES);
  }

  private void add(int loop, int cell) {
    int at = loop * STRIDE + cell;
    // Only this loop writes here, so that nothing can come between the two.
    cells.setOpaque(at, cells.getPlain(at) + 1);
  }

  private static int local(int statusClass, Reason reason) {
    return LOCAL + statusClass * REASONS + reason.ordinal();
  }

  private long sum(int cell) {
    long sum = 0;
    for (int loop = 0; loop < loops; loop++) {
      sum += cells.getOpaque(loop * STRIDE + cell);
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
    return durations.snapshot();
  }
}
