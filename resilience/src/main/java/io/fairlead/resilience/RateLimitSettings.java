package io.fairlead.resilience;

import java.time.Duration;

/**
 * How many calls are let through in a period. Immutable. The limit is also the burst: after a quiet
 * period that many calls pass at once, then they are spaced by {@code period / limit}.
 *
 * @param limit calls per period, 1 to 1,000,000,000, and at most one per microsecond
 * @param period the period
 */
public record RateLimitSettings(int limit, Duration period) {
  public RateLimitSettings {
    Require.within("limit", limit, 1, 1_000_000_000);
    Require.positive("period", period);
    long most = period.toNanos() / 1_000;
    if (limit > most) {
      throw new IllegalArgumentException(
          "limit: must be at most one per microsecond, "
              + most
              + " in a period of "
              + period
              + ", was "
              + limit);
    }
  }

  /** 100 calls per second. */
  public static RateLimitSettings defaults() {
    return new RateLimitSettings(100, Duration.ofSeconds(1));
  }

  /** These settings with another {@link #limit}. */
  public RateLimitSettings withLimit(int limit) {
    return new RateLimitSettings(limit, period);
  }

  /** These settings with another {@link #period}. */
  public RateLimitSettings withPeriod(Duration period) {
    return new RateLimitSettings(limit, period);
  }
}
