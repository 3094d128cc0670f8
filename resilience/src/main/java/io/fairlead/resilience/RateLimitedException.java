package io.fairlead.resilience;

import java.time.Duration;

/** The rate limit is used up for now. */
public final class RateLimitedException extends RejectedCallException {
  private static final long serialVersionUID = 1;

  private final Duration retryAfter;

  RateLimitedException(String limiter, Duration retryAfter) {
    super("rate limit " + limiter + " is used up, retry after " + retryAfter);
    this.retryAfter = retryAfter;
  }

  /** When the next call may pass; above zero. */
  public Duration retryAfter() {
    return retryAfter;
  }

  @Override
  public String reason() {
    return "rate-limited";
  }
}
