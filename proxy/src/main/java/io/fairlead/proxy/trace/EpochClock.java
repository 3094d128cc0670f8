package io.fairlead.proxy.trace;

import io.fairlead.resilience.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * Turns readings of the data plane's clock into time since 1970. Since all spans of a data plane
 * are timed by the one monotonic clock, none begins before the span above it. Safe for all threads.
 */
public final class EpochClock {
  /** Below it the clocks merely drift; above it the wall clock was set, or the machine slept. */
  private static final long STEP_NANOS = Duration.ofMillis(10).toNanos();

  /** Of so many comparisons the one that was disturbed least counts. */
  private static final int COMPARISONS = 16;

  private final Ticker ticker;
  private final InstantSource wall;
  private volatile long offset;

  public EpochClock(Ticker ticker, InstantSource wall) {
    this.ticker = ticker;
    this.wall = wall;
    offset = measure();
  }

  /**
   * Compares the clocks. A pause between the two readings would shift every span against those of
   * other processes, so the wall clock is read between two readings of the ticker.
   */
  private long measure() {
    long least = Long.MAX_VALUE;
    long measured = 0;
    for (int i = 0; i < COMPARISONS; i++) {
      long before = ticker.nanos();
      Instant now = wall.instant();
      long between = ticker.nanos() - before;
      if (between < least) {
        least = between;
        long epoch = TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
        measured = epoch - before - between / 2;
      }
    }
    return measured;
  }

  /** Nanoseconds since 1970 at this reading of the ticker. */
  public long epochNanos(long nanos) {
    return offset + nanos;
  }

  /** Follows the wall clock if it was set; to be called now and then. */
  public void follow() {
    long measured = measure();
    if (Math.abs(measured - offset) > STEP_NANOS) {
      offset = measured;
    }
  }
}
