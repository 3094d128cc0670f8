package io.fairlead.resilience;

/**
 * What a circuit breaker knew at one moment. Immutable. Under concurrent calls the counts are read
 * one after the other and may differ by the calls in flight.
 *
 * @param name the name of the breaker
 * @param state its state
 * @param calls outcomes in the window; in OPEN those that opened it, in HALF_OPEN those of the
 *     probes
 * @param failures the failed ones among them
 * @param slowCalls the slow ones among them, failed or not
 * @param rejectedCalls calls rejected since the start
 * @param timesOpened transitions to OPEN since the start
 */
public record CircuitBreakerSnapshot(
    String name,
    CircuitState state,
    long calls,
    long failures,
    long slowCalls,
    long rejectedCalls,
    long timesOpened) {

  /** Percent of failed calls, 0 without calls. */
  public double failureRate() {
    return calls == 0 ? 0 : failures * 100.0 / calls;
  }

  /** Percent of slow calls, 0 without calls. */
  public double slowCallRate() {
    return calls == 0 ? 0 : slowCalls * 100.0 / calls;
  }
}
