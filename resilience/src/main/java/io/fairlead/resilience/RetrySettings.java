package io.fairlead.resilience;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleSupplier;

/**
 * When a failed call is tried again and how long to wait before. Immutable.
 *
 * <p>The delay before retry n (from 1) is {@code initialDelay * multiplier^(n-1)}, at most {@code
 * maxDelay}; with a multiplier of 1 it is fixed. The wait is made of that delay as {@link
 * RetryJitter} says, by default the delay plus a uniform share of up to {@code jitter} of it.
 * Answers with a 4xx status are never retried, except 408, 425 and 429 where {@code on} names them.
 *
 * <p>{@link #defaults()} and the {@code with...} methods are how settings are made: components may
 * be added, so leave the canonical constructor to code that copies every component.
 *
 * @param maxRetries tries after the first, 0 to 100
 * @param initialDelay the delay before the first retry
 * @param maxDelay the largest delay before jitter; not below {@code initialDelay}
 * @param multiplier growth of the delay from retry to retry, 1 to 100
 * @param jitter largest random share of the delay that is added, 0 to 1; only for {@link
 *     RetryJitter#PROPORTIONAL}
 * @param jitterMode how the wait is made of the delay
 * @param on the outcomes that are retried; empty means none
 * @param budget the bound on the sum of all retries, or none
 */
public record RetrySettings(
    int maxRetries,
    Duration initialDelay,
    Duration maxDelay,
    double multiplier,
    double jitter,
    RetryJitter jitterMode,
    Set<RetryOn> on,
    Optional<RetryBudgetSettings> budget) {
  public RetrySettings {
    Require.within("maxRetries", maxRetries, 0, 100);
    Require.notNegative("initialDelay", initialDelay);
    Require.notNegative("maxDelay", maxDelay);
    if (maxDelay.compareTo(initialDelay) < 0) {
      throw new IllegalArgumentException(
          "maxDelay: must not be below initialDelay " + initialDelay + ", was " + maxDelay);
    }
    Require.within("multiplier", multiplier, 1.0, 100.0);
    Require.within("jitter", jitter, 0.0, 1.0);
    // Not Set.copyOf: its order differs from run to run, which encoders and logs would show.
    EnumSet<RetryOn> ordered = EnumSet.noneOf(RetryOn.class);
    ordered.addAll(on);
    on = Collections.unmodifiableSet(ordered);
  }

  /** 5 retries after 100, 200, 400, 800 and 1,600 ms, each plus 0 to 50 %, with a budget. */
  public static RetrySettings defaults() {
    return new RetrySettings(
        5,
        Duration.ofMillis(100),
        Duration.ofSeconds(10),
        2,
        0.5,
        RetryJitter.PROPORTIONAL,
        EnumSet.of(RetryOn.CONNECT_FAILURE, RetryOn.RESET, RetryOn.TIMEOUT, RetryOn.GATEWAY_ERROR),
        Optional.of(RetryBudgetSettings.defaults()));
  }

  /** Nanoseconds of delay before the next try after this many retries, without jitter. */
  public long delayNanos(int retriesMade) {
    double delay = initialDelay.toNanos() * Math.pow(multiplier, retriesMade);
    long most = maxDelay.toNanos();
    return delay < most ? (long) delay : most;
  }

  /**
   * Nanoseconds to wait before the next try after this many retries.
   *
   * @param random gives uniform numbers from 0 to below 1; one is drawn, or one per retry made and
   *     to make for {@link RetryJitter#DECORRELATED}
   */
  public long waitNanos(int retriesMade, DoubleSupplier random) {
    return waitNanos(retriesMade, delayNanos(retriesMade), random);
  }

  long waitNanos(int retriesMade, long delayNanos, DoubleSupplier random) {
    return switch (jitterMode) {
      case PROPORTIONAL -> delayNanos + (long) (delayNanos * jitter * random.getAsDouble());
      case FULL -> (long) (delayNanos * random.getAsDouble());
      case EQUAL -> delayNanos / 2 + (long) (delayNanos / 2.0 * random.getAsDouble());
      case DECORRELATED -> decorrelated(retriesMade, random);
    };
  }

  /** The chain of waits is drawn anew, so that nobody has to remember the last one. */
  private long decorrelated(int retriesMade, DoubleSupplier random) {
    double first = initialDelay.toNanos();
    double most = maxDelay.toNanos();
    double wait = first;
    for (int retry = 0; retry <= retriesMade; retry++) {
      wait = Math.min(most, first + (3 * wait - first) * random.getAsDouble());
    }
    return (long) wait;
  }

  /** These settings with another {@link #maxRetries}. */
  public RetrySettings withMaxRetries(int maxRetries) {
    return new RetrySettings(
        maxRetries, initialDelay, maxDelay, multiplier, jitter, jitterMode, on, budget);
  }

  /** These settings with another {@link #initialDelay}. */
  public RetrySettings withInitialDelay(Duration initialDelay) {
    return new RetrySettings(
        maxRetries, initialDelay, maxDelay, multiplier, jitter, jitterMode, on, budget);
  }

  /** These settings with another {@link #maxDelay}. */
  public RetrySettings withMaxDelay(Duration maxDelay) {
    return new RetrySettings(
        maxRetries, initialDelay, maxDelay, multiplier, jitter, jitterMode, on, budget);
  }

  /** These settings with another {@link #multiplier}. */
  public RetrySettings withMultiplier(double multiplier) {
    return new RetrySettings(
        maxRetries, initialDelay, maxDelay, multiplier, jitter, jitterMode, on, budget);
  }

  /** These settings with another {@link #jitter}. */
  public RetrySettings withJitter(double jitter) {
    return new RetrySettings(
        maxRetries, initialDelay, maxDelay, multiplier, jitter, jitterMode, on, budget);
  }

  /** These settings with another {@link #jitterMode}. */
  public RetrySettings withJitterMode(RetryJitter jitterMode) {
    return new RetrySettings(
        maxRetries, initialDelay, maxDelay, multiplier, jitter, jitterMode, on, budget);
  }

  /** These settings with another {@link #on}. */
  public RetrySettings withOn(Set<RetryOn> on) {
    return new RetrySettings(
        maxRetries, initialDelay, maxDelay, multiplier, jitter, jitterMode, on, budget);
  }

  /** These settings with another {@link #budget}. */
  public RetrySettings withBudget(Optional<RetryBudgetSettings> budget) {
    return new RetrySettings(
        maxRetries, initialDelay, maxDelay, multiplier, jitter, jitterMode, on, budget);
  }
}
