package io.fairlead.resilience;

/** The circuit breaker is open, or half open with all its probes under way. */
public final class CircuitOpenException extends RejectedCallException {
  private static final long serialVersionUID = 1;

  CircuitOpenException(String breaker) {
    super("circuit breaker " + breaker + " does not permit calls");
  }

  @Override
  public String reason() {
    return "circuit-open";
  }
}
