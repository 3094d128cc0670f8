package io.fairlead.resilience;

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

  private final Ticker ticker;
  private final long origin;
  private final SlidingSum requests = new SlidingSum(SECONDS);
  private final SlidingSum retries = new SlidingSum(SECONDS);
  private final LongAdder refused = new LongAdder();
  private volatile RetryBudgetSettings settings;

  public RetryBudget(RetryBudgetSettings settings, Ticker ticker) {
    this.settings = settings;
    this.ticker = ticker;
    origin = ticker.nanos();
  }

  /** A request makes its first try. */
  public void requestStarted() {
    requests.add(tick(), 1);
  }

  /** Takes one retry, or refuses it. */
  public boolean tryRetry() {
    long tick = tick();
    // Taken first and given back if it was too many, so that two at a time cannot both fit.
    retries.add(tick, 1);
    RetryBudgetSettings now = settings;
    double limit = requests.sum(tick) * now.percent() / 100 + (double) now.minPerSecond() * SECONDS;
    if (retries.sum(tick) <= limit) {
      return true;
    }
    retries.add(tick, -1);
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
    long tick = tick();
    return "retry budget: %d retries of %d requests in %d s, %d refused"
        .formatted(retries.sum(tick), requests.sum(tick), SECONDS, refused());
  }

  private long tick() {
    return Math.max(0, ticker.nanos() - origin) / SLICE_NANOS;
  }
}
