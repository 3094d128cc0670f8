package io.fairlead.resilience;

/** What "so many calls in a period" means. */
public enum RateLimitAlgorithm {
  /**
   * After a quiet period the whole limit passes at once, then a call every {@code period / limit}.
   * Any stretch of one period sees at most twice the limit, any long stretch the limit.
   */
  TOKEN_BUCKET,
  /**
   * At most the limit in any stretch of one period, exactly. Remembers the time of each call, 8
   * bytes, so the limit is at most 65,536.
   */
  SLIDING_WINDOW,
  /** A call every {@code period / limit}, never closer; nothing is saved up in quiet times. */
  LEAKY_BUCKET
}
