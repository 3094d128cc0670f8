package io.fairlead.resilience;

import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a failed call is tried again and how long to wait before. Safe for all threads,
 * without locks; deciding allocates nothing.
 *
 * <p>A caller either uses {@link #call} or asks: {@link #started()} once per call, then after each
 * failed try {@link #nextWait} with the number of retries made so far, which gives the wait in
 * nanoseconds or {@link #STOP}. The budget, if there is one, is shared by all calls of this object.
 */
public final class Retry {
  /** There is no further try. */
  public static final long STOP = -1;

  private final Ticker ticker;
  private final DoubleSupplier random;
  private final Sleeper sleeper;
  private final LongAdder retries = new LongAdder();
  private volatile Rules rules;

  /** The settings as the decisions read them: the delay before each retry without jitter. */
  private record Rules(RetrySettings settings, long[] delays, @Nullable RetryBudget budget) {}

  /** On the clock and the random numbers of this process. */
  public Retry(RetrySettings settings) {
    this(
        settings,
        Ticker.system(),
        () -> ThreadLocalRandom.current().nextDouble(),
        Sleeper.system());
  }

  /**
   * @param random gives the share of the jitter, 0 to below 1; called by any thread
   * @param sleeper used by {@link #call} alone
   */
  public Retry(RetrySettings settings, Ticker ticker, DoubleSupplier random, Sleeper sleeper) {
    this.ticker = ticker;
    this.random = random;
    this.sleeper = sleeper;
    rules = rules(settings, null);
  }

  /** A call makes its first try, which adds to the budget. */
  public void started() {
    RetryBudget budget = rules.budget;
    if (budget != null) {
      budget.requestStarted();
    }
  }

  /**
   * Nanoseconds to wait before the next try, or {@link #STOP} if the outcome is not retried, all
   * retries are made or the budget is used up. An answer that is not negative takes from the
   * budget: ask once per failed try and follow it.
   */
  public long nextWait(int retriesMade, RetryOn outcome) {
    Rules now = rules;
    return now.settings.on().contains(outcome) ? nextWait(retriesMade, now) : STOP;
  }

  /** As {@link #nextWait(int, RetryOn)} for an answer with this HTTP status. */
  public long nextWaitAfterStatus(int retriesMade, int status) {
    Rules now = rules;
    return matches(now.settings.on(), status) ? nextWait(retriesMade, now) : STOP;
  }

  /**
   * Makes the call, and again as long as what it throws is one of the conditions, sleeping in
   * between. What the last try throws comes out as it is.
   *
   * @throws InterruptedException if interrupted while waiting; the failure before it is suppressed
   */
  public <T> T call(Callable<T> callable) throws Exception {
    started();
    for (int retriesMade = 0; ; retriesMade++) {
      Exception failure;
      try {
        return callable.call();
      } catch (Exception e) {
        failure = e;
      }
      RetryOn outcome = RetryOn.of(failure).orElse(null);
      long wait = outcome == null ? STOP : nextWait(retriesMade, outcome);
      if (wait == STOP) {
        throw failure;
      }
      try {
        sleeper.sleep(wait);
      } catch (InterruptedException e) {
        e.addSuppressed(failure);
        throw e;
      }
    }
  }

  /** The settings in force. */
  public RetrySettings settings() {
    return rules.settings;
  }

  /** Retries granted since the start. */
  public long retries() {
    return retries.sum();
  }

  /** Retries refused by the budget since its start; 0 without a budget. */
  public long refusedByBudget() {
    RetryBudget budget = rules.budget;
    return budget == null ? 0 : budget.refused();
  }

  /** Puts other settings in force; what the budget has counted stays. */
  public void reconfigure(RetrySettings settings) {
    rules = rules(settings, rules.budget);
  }

  @Override
  public String toString() {
    return "retry: %d retries, %d refused by the budget".formatted(retries(), refusedByBudget());
  }

  private Rules rules(RetrySettings settings, @Nullable RetryBudget present) {
    var delays = new long[settings.maxRetries()];
    double delay = settings.initialDelay().toNanos();
    long most = settings.maxDelay().toNanos();
    for (int i = 0; i < delays.length; i++) {
      delays[i] = delay < most ? (long) delay : most;
      delay *= settings.multiplier();
    }
    RetryBudgetSettings wanted = settings.budget().orElse(null);
    RetryBudget budget = wanted == null ? null : present;
    if (budget != null && wanted != null) {
      budget.reconfigure(wanted);
    } else if (wanted != null) {
      budget = new RetryBudget(wanted, ticker);
    }
    return new Rules(settings, delays, budget);
  }

  private long nextWait(int retriesMade, Rules now) {
    if (retriesMade >= now.delays.length) {
      return STOP;
    }
    if (now.budget != null && !now.budget.tryRetry()) {
      return STOP;
    }
    retries.increment();
    long delay = now.delays[retriesMade];
    return delay + (long) (delay * now.settings.jitter() * random.getAsDouble());
  }

  private static boolean matches(Set<RetryOn> on, int status) {
    return status >= 500
        && (on.contains(RetryOn.SERVER_ERROR) && RetryOn.SERVER_ERROR.matches(status)
            || on.contains(RetryOn.GATEWAY_ERROR) && RetryOn.GATEWAY_ERROR.matches(status));
  }
}
