package io.fairlead.resilience;

/** What a circuit breaker does with calls. The last three are entered and left only on request. */
public enum CircuitState {
  /** Calls pass, their outcomes are counted, and a rate at its threshold opens the breaker. */
  CLOSED,
  /** Calls are rejected until the wait is over. */
  OPEN,
  /** A number of probes pass and decide; other calls are rejected. */
  HALF_OPEN,
  /** Calls are rejected, without end. */
  FORCED_OPEN,
  /** Calls pass and are not counted. */
  DISABLED,
  /** Calls pass and are counted, and no rate opens the breaker. */
  METRICS_ONLY
}
