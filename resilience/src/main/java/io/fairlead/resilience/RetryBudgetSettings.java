package io.fairlead.resilience;

/**
 * The bound on retries of many callers together, so that retries cannot multiply an overload.
 * Immutable. Over the last 10 seconds there may be {@code percent} of the requests as retries, plus
 * {@code minPerSecond} for each second, which keeps retries possible when there is little traffic.
 *
 * @param percent retries per hundred requests, 0 to 1,000
 * @param minPerSecond retries per second that are always allowed, 0 to 1,000,000
 */
public record RetryBudgetSettings(double percent, int minPerSecond) {
  public RetryBudgetSettings {
    Require.within("percent", percent, 0.0, 1_000.0);
    Require.within("minPerSecond", minPerSecond, 0, 1_000_000);
  }

  /** 20 % of the requests plus 3 per second. */
  public static RetryBudgetSettings defaults() {
    return new RetryBudgetSettings(20, 3);
  }

  /** These settings with another {@link #percent}. */
  public RetryBudgetSettings withPercent(double percent) {
    return new RetryBudgetSettings(percent, minPerSecond);
  }

  /** These settings with another {@link #minPerSecond}. */
  public RetryBudgetSettings withMinPerSecond(int minPerSecond) {
    return new RetryBudgetSettings(percent, minPerSecond);
  }
}
