package io.fairlead.resilience;

/**
 * How the wait before a retry is made of its delay, so that callers that failed together do not
 * come back together (Brooker, Exponential Backoff and Jitter, 2015).
 */
public enum RetryJitter {
  /** The delay plus a uniform share of up to {@code jitter} of it. */
  PROPORTIONAL,
  /** Uniform from nothing to the delay. */
  FULL,
  /** Half the delay plus uniform up to the other half. */
  EQUAL,
  /**
   * Uniform from the first delay to three times the wait before, at most the largest delay; the
   * multiplier means nothing. The waits before are drawn again for each retry.
   */
  DECORRELATED
}
