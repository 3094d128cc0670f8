package io.fairlead.resilience;

/** The state of a circuit breaker. */
public enum CircuitState {
  /** Calls pass and their outcomes are watched. */
  CLOSED,
  /** Calls are rejected at once until the wait is over. */
  OPEN,
  /** A limited number of calls, the probes, pass; their outcomes decide. */
  HALF_OPEN
}
