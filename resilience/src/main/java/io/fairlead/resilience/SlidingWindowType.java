package io.fairlead.resilience;

/** What the size of a circuit breaker's window counts. */
public enum SlidingWindowType {
  /** The last N calls. */
  COUNT_BASED,
  /** The calls of the last N seconds. */
  TIME_BASED
}
