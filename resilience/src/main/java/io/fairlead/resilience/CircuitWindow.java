package io.fairlead.resilience;

/** The outcomes that a closed circuit breaker judges. Safe for all threads, without locks. */
sealed interface CircuitWindow permits CountWindow, TimeWindow, NoWindow {
  /** Bits of an outcome; a call that was neither failed nor slow is {@code CALL} alone. */
  int CALL = 1;

  int FAILED = 2;
  int SLOW = 4;

  /** Adds an outcome and tells whether the window now calls for opening. */
  boolean add(int outcome, CircuitRules rules);

  Outcomes outcomes();

  /** A window for these settings that keeps what this one can hand over. */
  CircuitWindow resized(CircuitBreakerSettings settings, Ticker ticker);

  static CircuitWindow of(CircuitBreakerSettings settings, Ticker ticker) {
    return switch (settings.slidingWindowType()) {
      case COUNT_BASED -> new CountWindow(settings.slidingWindowSize());
      case TIME_BASED -> new TimeWindow(settings.slidingWindowSize(), ticker);
    };
  }
}
