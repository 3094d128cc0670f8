package io.fairlead.resilience;

import java.time.Duration;

/**
 * How many calls are let through in a period. Immutable.
 *
 * @param limit calls per period, 1 to 1,000,000,000, and at most one per microsecond; at most
 *     65,536 for {@link RateLimitAlgorithm#SLIDING_WINDOW}
 * @param period the period
 * @param algorithm how the calls may be spread over the period
 */
public record RateLimitSettings(int limit, Duration period, RateLimitAlgorithm algorithm) {
  /** The sliding window remembers that many calls. */
  private static final int MAX_REMEMBERED = 65_536;

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
    if (algorithm == RateLimitAlgorithm.SLIDING_WINDOW && limit > MAX_REMEMBERED) {
      throw new IllegalArgumentException(
          "limit: must be at most "
              + MAX_REMEMBERED
              + " for SLIDING_WINDOW, which remembers each call, was "
              + limit);
    }
  }

  /** With the token bucket. */
  public RateLimitSettings(int limit, Duration period) {
    this(limit, period, RateLimitAlgorithm.TOKEN_BUCKET);
  }

  /** 100 calls per second with the token bucket. */
  public static RateLimitSettings defaults() {
    return new RateLimitSettings(100, Duration.ofSeconds(1));
  }

  /** These settings with another {@link #limit}. */
  public RateLimitSettings withLimit(int limit) {
    return new RateLimitSettings(limit, period, algorithm);
  }

  /** These settings with another {@link #period}. */
  public RateLimitSettings withPeriod(Duration period) {
    return new RateLimitSettings(limit, period, algorithm);
  }

  /** These settings with another {@link #algorithm}. */
  public RateLimitSettings withAlgorithm(RateLimitAlgorithm algorithm) {
    return new RateLimitSettings(limit, period, algorithm);
  }
}
