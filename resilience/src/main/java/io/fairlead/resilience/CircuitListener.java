package io.fairlead.resilience;

/**
 * Is told of every transition of a circuit breaker. Called on the thread of the call that caused
 * the transition, without any lock held and after the transition took effect; it should hand over
 * and return. What it throws never reaches the call: it is counted and the first is logged.
 */
@FunctionalInterface
public interface CircuitListener {
  void changed(CircuitTransition transition);

  /** A listener that does nothing. */
  static CircuitListener none() {
    return transition -> {};
  }
}
