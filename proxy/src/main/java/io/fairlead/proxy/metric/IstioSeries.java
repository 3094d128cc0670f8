package io.fairlead.proxy.metric;

import io.fairlead.telemetry.HistogramSnapshot;
import io.fairlead.telemetry.Labels;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The counts of all calls with one set of labels. Each loop that has such calls writes cells of its
 * own, which whoever reads adds up.
 */
final class IstioSeries {
  /** Upper bounds of Envoy's histograms, and so of Istio's. */
  private static final double[] BOUNDS = {
    0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000,
    600_000, 1_800_000, 3_600_000
  };

  /** Bounds of whole numbers, and of a millisecond's millionths. */
  private static final long[] NUMBERS = scaled(1);

  private static final long[] NANOS = scaled(1_000_000);

  /** Counts up to each bound, those above all, and the sum. */
  private static final int HISTOGRAM = BOUNDS.length + 2;

  private static final int REQUESTS = 0;
  private static final int DURATION = 1;
  private static final int RECEIVED = DURATION + HISTOGRAM;
  private static final int SENT = RECEIVED + HISTOGRAM;
  private static final int REQUEST_CELLS = SENT + HISTOGRAM;

  private static final int OPENED = 0;
  private static final int CLOSED = 1;
  private static final int TCP_RECEIVED = 2;
  private static final int TCP_SENT = 3;
  private static final int CONNECTION_CELLS = 4;

  private final Kind kind;
  private final Labels labels;
  private final AtomicReferenceArray<@Nullable AtomicLongArray> byLoop;

  /** What is counted. */
  enum Kind {
    REQUESTS,
    CONNECTIONS
  }

  IstioSeries(Kind kind, Labels labels, int loops) {
    this.kind = kind;
    this.labels = labels;
    byLoop = new AtomicReferenceArray<>(loops);
  }

  private static long[] scaled(long unit) {
    return Arrays.stream(BOUNDS).mapToLong(bound -> (long) (bound * unit)).toArray();
  }

  Kind kind() {
    return kind;
  }

  Labels labels() {
    return labels;
  }

  /** The cells of this loop, to be called by it alone. */
  private AtomicLongArray cells(int loop) {
    AtomicLongArray present = byLoop.get(loop);
    if (present == null) {
      present = new AtomicLongArray(kind == Kind.REQUESTS ? REQUEST_CELLS : CONNECTION_CELLS);
      byLoop.set(loop, present);
    }
    return present;
  }

  private static void add(AtomicLongArray cells, int cell, long count) {
    // Only one loop writes here, so that nothing can come between the two.
    cells.setOpaque(cell, cells.getPlain(cell) + count);
  }

  void request(int loop, long nanos, long received, long sent) {
    AtomicLongArray cells = cells(loop);
    add(cells, REQUESTS, 1);
    record(cells, DURATION, NANOS, nanos);
    record(cells, RECEIVED, NUMBERS, received);
    record(cells, SENT, NUMBERS, sent);
  }

  private static void record(AtomicLongArray cells, int from, long[] bounds, long value) {
    int bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]) {
      bucket++;
    }
    add(cells, from + bucket, 1);
    add(cells, from + HISTOGRAM - 1, value);
  }

  void opened(int loop) {
    add(cells(loop), OPENED, 1);
  }

  void closed(int loop, long received, long sent) {
    AtomicLongArray cells = cells(loop);
    add(cells, CLOSED, 1);
    add(cells, TCP_RECEIVED, received);
    add(cells, TCP_SENT, sent);
  }

  private long sum(int cell) {
    long sum = 0;
    for (int loop = 0; loop < byLoop.length(); loop++) {
      AtomicLongArray cells = byLoop.get(loop);
      sum += cells == null ? 0 : cells.getOpaque(cell);
    }
    return sum;
  }

  private HistogramSnapshot histogram(int from, double unit) {
    long[] counts = new long[BOUNDS.length + 1];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = (i == 0 ? 0 : counts[i - 1]) + sum(from + i);
    }
    return HistogramSnapshot.of(BOUNDS, counts, sum(from + HISTOGRAM - 1) / unit);
  }

  long requests() {
    return sum(REQUESTS);
  }

  HistogramSnapshot durations() {
    return histogram(DURATION, 1_000_000);
  }

  HistogramSnapshot received() {
    return histogram(RECEIVED, 1);
  }

  HistogramSnapshot sent() {
    return histogram(SENT, 1);
  }

  long opened() {
    return sum(OPENED);
  }

  long closed() {
    return sum(CLOSED);
  }

  long octetsReceived() {
    return sum(TCP_RECEIVED);
  }

  long octetsSent() {
    return sum(TCP_SENT);
  }
}
