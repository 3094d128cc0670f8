package io.fairlead.resilience;

import io.fairlead.resilience.Slices.Slice;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Bounds the retries of many callers by the number of their requests, so that a failing service
 * gets a fifth more load by default and not five times as much. Safe for all threads, without
 * locks.
 *
 * <p>Within the last ten seconds, counted in seconds, there are at most {@code percent} of the
 * requests as retries, plus {@code minPerSecond} times ten. Concurrent retries never exceed that;
 * at the edge some may be refused that one after the other would pass.
 */
public final class RetryBudget {
  private static final int SECONDS = 10;
  private static final long SLICE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Slices slices;
  private final SlidingSum requests = SlidingSum.busy(SECONDS);
  private final SlidingSum retries = SlidingSum.quiet(SECONDS);
  private final LongAdder refused = new LongAdder();
  private volatile RetryBudgetSettings settings;

  public RetryBudget(RetryBudgetSettings settings, Ticker ticker) {
    this.settings = settings;
    slices = new Slices(ticker, SLICE_NANOS, SECONDS);
  }

  /** A request makes its first try. */
  public void requestStarted() {
    requests.increment(slices.now());
  }

  /** Takes one retry, or refuses it. */
  public boolean tryRetry() {
    Slice now = slices.now();
    // Taken first and given back if it was too many, so that two at a time cannot both fit.
    retries.add(now, 1);
    RetryBudgetSettings bound = settings;
    double limit =
        requests.sum(now) * bound.percent() / 100 + (double) bound.minPerSecond() * SECONDS;
    if (retries.sum(now) <= limit) {
      return true;
    }
    retries.add(now, -1);
    refused.increment();
    return false;
  }

  /** Retries refused since the start. */
  public long refused() {
    return refused.sum();
  }

  /** Puts other settings in force; what was counted stays. */
  public void reconfigure(RetryBudgetSettings other) {
    settings = other;
  }

  @Override
  public String toString() {
    Slice now = slices.now();
    return "retry budget: %d retries of %d requests in %d s, %d refused"
        .formatted(retries.sum(now), requests.sum(now), SECONDS, refused());
  }
}
