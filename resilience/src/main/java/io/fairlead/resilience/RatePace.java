package io.fairlead.resilience;

/** The state of a rate limit under one algorithm. Safe for all threads, without locks. */
sealed interface RatePace permits EvenPace, CallLog {
  RateLimitSettings settings();

  /** 0 if a call may pass and was counted, or the nanoseconds after which one may. */
  long tryAcquire();

  /**
   * The nanoseconds after which the call may pass, which is counted; or, if that were more than the
   * longest wait, below zero: the nanoseconds it would be, negated.
   */
  long reserve(long maxWaitNanos);

  /** A turn that was reserved is not used. */
  void abandon();

  /** Calls that may pass now. */
  long available();

  /** The share of the limit that is used, 0 to 1. */
  double usedShare();

  /** A pace of which nothing is used. */
  static RatePace of(RateLimitSettings settings, Ticker ticker) {
    return of(settings, ticker, 0);
  }

  private static RatePace of(RateLimitSettings settings, Ticker ticker, double usedShare) {
    return switch (settings.algorithm()) {
      case TOKEN_BUCKET, LEAKY_BUCKET -> EvenPace.of(settings, ticker, usedShare);
      case SLIDING_WINDOW -> CallLog.of(settings, ticker, usedShare);
    };
  }

  /**
   * A pace under other settings. Under the same algorithm the state goes over; otherwise as large a
   * share is used as before. What passes in the same moment may not be counted.
   */
  default RatePace under(RateLimitSettings other, Ticker ticker) {
    if (other.algorithm() != settings().algorithm()) {
      return of(other, ticker, usedShare());
    }
    return switch (this) {
      case EvenPace pace -> pace.scaled(other);
      case CallLog log -> log.resized(other);
    };
  }
}
