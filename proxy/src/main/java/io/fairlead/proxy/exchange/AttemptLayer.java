package io.fairlead.proxy.exchange;

/**
 * One concern of every attempt at an upstream, such as a circuit breaker. A request has one
 * attempt, and one more for each retry. Otherwise as {@link Layer}.
 */
public interface AttemptLayer {
  /**
   * Lets the attempt be made, or answers the request, which is not retried then. May also let the
   * attempt wait, until {@link Attempt#goOn} or {@link Attempt#refuse}.
   */
  Verdict attempt(Attempt attempt);

  /** The attempt has succeeded: its connection is a tunnel, and may last. */
  default void tunnelled(Attempt attempt) {}

  /** The attempt is over; called once for each attempt that came to this layer. */
  default void end(Attempt attempt) {}
}
