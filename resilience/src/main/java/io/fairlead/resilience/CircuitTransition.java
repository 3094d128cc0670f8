package io.fairlead.resilience;

/**
 * One change of a circuit breaker's state. Immutable.
 *
 * @param policy the name of the breaker
 * @param from the state that it left
 * @param to the state that it entered
 * @param sequence counts the transitions of this breaker from 1, since two threads may tell of two
 *     transitions in either order
 */
public record CircuitTransition(String policy, CircuitState from, CircuitState to, long sequence)
    implements PolicyEvent {}
