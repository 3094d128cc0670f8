package io.fairlead.resilience;

import java.time.Duration;

/**
 * When a circuit breaker opens, how long it stays open and how it closes again. Immutable.
 *
 * <p>Names and defaults are those that users of Resilience4j know. {@link #defaults()} and the
 * {@code with...} methods are how settings are made: components may be added, so leave the
 * canonical constructor to code that copies every component.
 *
 * @param failureRateThreshold percent of failed calls that opens, above 0 to 100
 * @param slowCallRateThreshold percent of slow calls that opens, above 0 to 100
 * @param slowCallDurationThreshold a call that takes longer than this is slow
 * @param minimumNumberOfCalls calls in the window before any rate counts; 1 to 1,000,000. A count
 *     window smaller than this is judged when it is full
 * @param slidingWindowType whether the size counts calls or seconds
 * @param slidingWindowSize calls (1 to 1,000,000) or seconds (1 to 86,400)
 * @param waitDurationInOpenState how long all calls are rejected before probes are let through
 * @param permittedNumberOfCallsInHalfOpen probes let through in HALF_OPEN; 1 to 10,000
 * @param maxWaitDurationInHalfOpenState a probe without an outcome after this time counts as
 *     failed, so that an abandoned call cannot keep the breaker half open
 */
public record CircuitBreakerSettings(
    double failureRateThreshold,
    double slowCallRateThreshold,
    Duration slowCallDurationThreshold,
    int minimumNumberOfCalls,
    SlidingWindowType slidingWindowType,
    int slidingWindowSize,
    Duration waitDurationInOpenState,
    int permittedNumberOfCallsInHalfOpen,
    Duration maxWaitDurationInHalfOpenState) {
  /** The longest TIME_BASED window in seconds. */
  private static final int MAX_SECONDS = 86_400;

  /** The largest count, bounded by the 20 bits that each count has in the packed window. */
  private static final int MAX_CALLS = 1_000_000;

  public CircuitBreakerSettings {
    Require.percent("failureRateThreshold", failureRateThreshold);
    Require.percent("slowCallRateThreshold", slowCallRateThreshold);
    Require.positive("slowCallDurationThreshold", slowCallDurationThreshold);
    Require.within("minimumNumberOfCalls", minimumNumberOfCalls, 1, MAX_CALLS);
    Require.within(
        "slidingWindowSize",
        slidingWindowSize,
        1,
        switch (slidingWindowType) {
          case COUNT_BASED -> MAX_CALLS;
          case TIME_BASED -> MAX_SECONDS;
        });
    Require.positive("waitDurationInOpenState", waitDurationInOpenState);
    Require.within("permittedNumberOfCallsInHalfOpen", permittedNumberOfCallsInHalfOpen, 1, 10_000);
    Require.positive("maxWaitDurationInHalfOpenState", maxWaitDurationInHalfOpenState);
  }

  /**
   * 50 % failed or 100 % slower than 2 s among the last 100 calls, judged from 10 calls on; open
   * for 10 s, then 3 probes of at most a minute.
   */
  public static CircuitBreakerSettings defaults() {
    return new CircuitBreakerSettings(
        50,
        100,
        Duration.ofSeconds(2),
        10,
        SlidingWindowType.COUNT_BASED,
        100,
        Duration.ofSeconds(10),
        3,
        Duration.ofMinutes(1));
  }

  /** These settings with another {@link #failureRateThreshold}. */
  public CircuitBreakerSettings withFailureRateThreshold(double failureRateThreshold) {
    return new CircuitBreakerSettings(
        failureRateThreshold,
        slowCallRateThreshold,
        slowCallDurationThreshold,
        minimumNumberOfCalls,
        slidingWindowType,
        slidingWindowSize,
        waitDurationInOpenState,
        permittedNumberOfCallsInHalfOpen,
        maxWaitDurationInHalfOpenState);
  }

  /** These settings with another {@link #slowCallRateThreshold}. */
  public CircuitBreakerSettings withSlowCallRateThreshold(double slowCallRateThreshold) {
    return new CircuitBreakerSettings(
        failureRateThreshold,
        slowCallRateThreshold,
        slowCallDurationThreshold,
        minimumNumberOfCalls,
        slidingWindowType,
        slidingWindowSize,
        waitDurationInOpenState,
        permittedNumberOfCallsInHalfOpen,
        maxWaitDurationInHalfOpenState);
  }

  /** These settings with another {@link #slowCallDurationThreshold}. */
  public CircuitBreakerSettings withSlowCallDurationThreshold(Duration slowCallDurationThreshold) {
    return new CircuitBreakerSettings(
        failureRateThreshold,
        slowCallRateThreshold,
        slowCallDurationThreshold,
        minimumNumberOfCalls,
        slidingWindowType,
        slidingWindowSize,
        waitDurationInOpenState,
        permittedNumberOfCallsInHalfOpen,
        maxWaitDurationInHalfOpenState);
  }

  /** These settings with another {@link #minimumNumberOfCalls}. */
  public CircuitBreakerSettings withMinimumNumberOfCalls(int minimumNumberOfCalls) {
    return new CircuitBreakerSettings(
        failureRateThreshold,
        slowCallRateThreshold,
        slowCallDurationThreshold,
        minimumNumberOfCalls,
        slidingWindowType,
        slidingWindowSize,
        waitDurationInOpenState,
        permittedNumberOfCallsInHalfOpen,
        maxWaitDurationInHalfOpenState);
  }

  /** These settings with another {@link #slidingWindowType}. */
  public CircuitBreakerSettings withSlidingWindowType(SlidingWindowType slidingWindowType) {
    return new CircuitBreakerSettings(
        failureRateThreshold,
        slowCallRateThreshold,
        slowCallDurationThreshold,
        minimumNumberOfCalls,
        slidingWindowType,
        slidingWindowSize,
        waitDurationInOpenState,
        permittedNumberOfCallsInHalfOpen,
        maxWaitDurationInHalfOpenState);
  }

  /** These settings with another {@link #slidingWindowSize}. */
  public CircuitBreakerSettings withSlidingWindowSize(int slidingWindowSize) {
    return new CircuitBreakerSettings(
        failureRateThreshold,
        slowCallRateThreshold,
        slowCallDurationThreshold,
        minimumNumberOfCalls,
        slidingWindowType,
        slidingWindowSize,
        waitDurationInOpenState,
        permittedNumberOfCallsInHalfOpen,
        maxWaitDurationInHalfOpenState);
  }

  /** These settings with another {@link #waitDurationInOpenState}. */
  public CircuitBreakerSettings withWaitDurationInOpenState(Duration waitDurationInOpenState) {
    return new CircuitBreakerSettings(
        failureRateThreshold,
        slowCallRateThreshold,
        slowCallDurationThreshold,
        minimumNumberOfCalls,
        slidingWindowType,
        slidingWindowSize,
        waitDurationInOpenState,
        permittedNumberOfCallsInHalfOpen,
        maxWaitDurationInHalfOpenState);
  }

  /** These settings with another {@link #permittedNumberOfCallsInHalfOpen}. */
  public CircuitBreakerSettings withPermittedNumberOfCallsInHalfOpen(
      int permittedNumberOfCallsInHalfOpen) {
    return new CircuitBreakerSettings(
        failureRateThreshold,
        slowCallRateThreshold,
        slowCallDurationThreshold,
        minimumNumberOfCalls,
        slidingWindowType,
        slidingWindowSize,
        waitDurationInOpenState,
        permittedNumberOfCallsInHalfOpen,
        maxWaitDurationInHalfOpenState);
  }

  /** These settings with another {@link #maxWaitDurationInHalfOpenState}. */
  public CircuitBreakerSettings withMaxWaitDurationInHalfOpenState(
      Duration maxWaitDurationInHalfOpenState) {
    return new CircuitBreakerSettings(
        failureRateThreshold,
        slowCallRateThreshold,
        slowCallDurationThreshold,
        minimumNumberOfCalls,
        slidingWindowType,
        slidingWindowSize,
        waitDurationInOpenState,
        permittedNumberOfCallsInHalfOpen,
        maxWaitDurationInHalfOpenState);
  }
}
