package io.fairlead.resilience;

/**
 * The settings of a circuit breaker in the form that its hot path reads: primitives, nanoseconds,
 * and a minimum that the window can reach. Immutable.
 */
final class CircuitRules {
  final CircuitBreakerSettings settings;
  final long slowNanos;
  final long waitNanos;
  final long probeNanos;
  final int probes;
  private final double failureRate;
  private final double slowRate;
  private final int minimum;

  CircuitRules(CircuitBreakerSettings settings) {
    this.settings = settings;
    slowNanos = settings.slowCallDurationThreshold().toNanos();
    waitNanos = settings.waitDurationInOpenState().toNanos();
    probeNanos = settings.maxWaitDurationInHalfOpenState().toNanos();
    probes = settings.permittedNumberOfCallsInHalfOpen();
    failureRate = settings.failureRateThreshold();
    slowRate = settings.slowCallRateThreshold();
    minimum =
        switch (settings.slidingWindowType()) {
          case COUNT_BASED ->
              Math.min(settings.minimumNumberOfCalls(), settings.slidingWindowSize());
          case TIME_BASED -> settings.minimumNumberOfCalls();
        };
  }

  /** Whether the window holds too few calls to be judged. */
  boolean tooFew(long calls) {
    return calls < minimum;
  }

  /** Whether a rate reaches its threshold; the number of calls does not matter here. */
  boolean exceeded(long calls, long failures, long slowCalls) {
    return failures * 100.0 >= failureRate * calls || slowCalls * 100.0 >= slowRate * calls;
  }
}
