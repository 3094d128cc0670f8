package io.fairlead.resilience;

/** The window of a breaker that counts nothing. */
enum NoWindow implements CircuitWindow {
  NONE;

  @Override
  public boolean add(int outcome, CircuitRules rules) {
    return false;
  }

  @Override
  public Outcomes outcomes() {
    return Outcomes.NONE;
  }

  @Override
  public CircuitWindow resized(CircuitBreakerSettings settings, Ticker ticker) {
    return this;
  }
}
