package io.fairlead.telemetry;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.LongStream;

/**
 * Counts values by fixed upper bounds. Safe for all threads, without locks; recording is a search
 * among the bounds and two additions in the calling thread's stripe, and allocates nothing.
 *
 * <p>Values are whole numbers of some small unit; {@code unitsPerOne} of them make one in what is
 * exported, so durations are recorded in nanoseconds and read in seconds.
 */
public final class Histogram {
  private static final int MAX_BOUNDS = 200;
  private static final int MAX_STRIPES = 8;
  private static final int PAD = 8;

  private final long[] bounds;
  private final double unitsPerOne;
  private final int stripes;
  private final int stride;

  /** Per stripe: a count for each bound, one for all above, and the sum. */
  private final AtomicLongArray cells;

  private Histogram(long[] bounds, double unitsPerOne) {
    if (bounds.length == 0 || bounds.length > MAX_BOUNDS) {
      throw new IllegalArgumentException(
          "bounds: must be 1 to " + MAX_BOUNDS + ", were " + bounds.length);
    }
    for (int i = 1; i < bounds.length; i++) {
      if (bounds[i] <= bounds[i - 1]) {
        throw new IllegalArgumentException(
            "bounds: must ascend, but " + bounds[i - 1] + " comes before " + bounds[i]);
      }
    }
    this.bounds = bounds;
    this.unitsPerOne = unitsPerOne;
    int processors = Runtime.getRuntime().availableProcessors();
    stripes = Math.min(MAX_STRIPES, Integer.highestOneBit(2 * processors - 1));
    stride = (bounds.length + 2 + PAD - 1) / PAD * PAD + PAD;
    cells = new AtomicLongArray(stripes * stride);
  }

  /** Of durations recorded in nanoseconds and read in seconds. */
  public static Histogram ofDurations(List<Duration> bounds) {
    long[] nanos = bounds.stream().mapToLong(Duration::toNanos).toArray();
    return new Histogram(nanos, TimeUnit.SECONDS.toNanos(1));
  }

  /** Of plain numbers, such as bytes. */
  public static Histogram ofNumbers(List<Long> bounds) {
    return new Histogram(bounds.stream().mapToLong(Long::longValue).toArray(), 1);
  }

  /** Bounds that tell a fast service from a slow one: 0.5 ms to 10 s. */
  public static List<Duration> latencyBounds() {
    return LongStream.of(
            500,
            1_000,
            2_500,
            5_000,
            10_000,
            25_000,
            50_000,
            100_000,
            250_000,
            500_000,
            1_000_000,
            2_500_000,
            5_000_000,
            10_000_000)
        .mapToObj(micros -> Duration.ofNanos(micros * 1_000))
        .toList();
  }

  /** Counts a value; it belongs to the first bound that is not below it. */
  public void record(long value) {
    int index = Arrays.binarySearch(bounds, value);
    int bucket = index >= 0 ? index : -index - 1;
    int stripe = stripe() * stride;
    cells.getAndAdd(stripe + bounds.length + 1, value);
    cells.getAndIncrement(stripe + bucket);
  }

  /**
   * The counts now; values being recorded meanwhile may be missing, or missing from the sum only.
   */
  public HistogramSnapshot snapshot() {
    var cumulative = new long[bounds.length + 1];
    long sum = 0;
    for (int stripe = 0; stripe < stripes; stripe++) {
      int first = stripe * stride;
      for (int i = 0; i <= bounds.length; i++) {
        cumulative[i] += cells.get(first + i);
      }
      sum += cells.get(first + bounds.length + 1);
    }
    for (int i = 1; i < cumulative.length; i++) {
      cumulative[i] += cumulative[i - 1];
    }
    double[] upper = Arrays.stream(bounds).mapToDouble(bound -> bound / unitsPerOne).toArray();
    return new HistogramSnapshot(upper, cumulative, sum / unitsPerOne);
  }

  private int stripe() {
    long hash = Thread.currentThread().threadId() * 0x9E37_79B9_7F4A_7C15L;
    return (int) (hash >>> 40) & stripes - 1;
  }
}
