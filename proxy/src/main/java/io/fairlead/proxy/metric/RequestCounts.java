package io.fairlead.proxy.metric;

import io.fairlead.proxy.exchange.GrpcCode;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.telemetry.Histogram;
import io.fairlead.telemetry.HistogramSnapshot;
import org.jspecify.annotations.Nullable;

/**
 * Counts of the requests of one component to one cluster. Added to on loops, read by all threads.
 */
final class RequestCounts {
  /** Status classes: none, since no answer was given, then 1xx to 5xx. */
  static final int CLASSES = 6;

  private static final int REASONS = Reason.values().length;

  /** Cells of a loop: answers of upstreams by class, those of the proxy by class and reason. */
  private static final int LOCAL = CLASSES;

  private static final int RETRIES = LOCAL + CLASSES * REASONS;

  private static final int CALLS = RETRIES + 1;

  private final LoopCells cells;
  private final Histogram durations = Histogram.ofDurations(Histogram.latencyBounds());

  RequestCounts(int loops) {
    cells = new LoopCells(loops, CALLS + GrpcCode.values().length);
  }

  static String className(int statusClass) {
    return statusClass == 0 ? "none" : statusClass + "xx";
  }

  void ended(int loop, int status, @Nullable Reason reason, long nanos) {
    int statusClass = Math.clamp(status / 100, 0, CLASSES - 1);
    int cell = reason == null ? statusClass : local(statusClass, reason);
    cells.add(loop, cell, 1);
    durations.record(nanos);
  }

  /** A call of gRPC ended so; it is counted as a request too. */
  void called(int loop, GrpcCode code) {
    cells.add(loop, CALLS + code.number(), 1);
  }

  void retried(int loop) {
    cells.add(loop, RETRIES, 1);
  }

  private static int local(int statusClass, Reason reason) {
    return LOCAL + statusClass * REASONS + reason.ordinal();
  }

  long upstreamAnswers(int statusClass) {
    return cells.sum(statusClass);
  }

  long localAnswers(int statusClass, Reason reason) {
    return cells.sum(local(statusClass, reason));
  }

  long calls(GrpcCode code) {
    return cells.sum(CALLS + code.number());
  }

  long retries() {
    return cells.sum(RETRIES);
  }

  HistogramSnapshot durations() {
    return durations.snapshot();
  }
}
