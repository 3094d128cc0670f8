package io.fairlead.resilience;

import java.time.Duration;
import java.util.function.Consumer;

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
 * @param waitDurationMultiplier growth of that wait each time the probes fail, 1 to 100; 1 keeps it
 * @param maxWaitDurationInOpenState where it stops to grow
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
    double waitDurationMultiplier,
    Duration maxWaitDurationInOpenState,
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
    Require.within("waitDurationMultiplier", waitDurationMultiplier, 1.0, 100.0);
    Require.positive("maxWaitDurationInOpenState", maxWaitDurationInOpenState);
    Require.within("permittedNumberOfCallsInHalfOpen", permittedNumberOfCallsInHalfOpen, 1, 10_000);
    Require.positive("maxWaitDurationInHalfOpenState", maxWaitDurationInHalfOpenState);
  }

  /**
   * 50 % failed or 100 % slower than 2 s among the last 100 calls, judged from 10 calls on; open
   * for 10 s each time, then 3 probes of at most a minute.
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
        1,
        Duration.ofMinutes(5),
        3,
        Duration.ofMinutes(1));
  }

  /** These settings with another {@link #failureRateThreshold}. */
  public CircuitBreakerSettings withFailureRateThreshold(double failureRateThreshold) {
    return with(draft -> draft.failureRateThreshold = failureRateThreshold);
  }

  /** These settings with another {@link #slowCallRateThreshold}. */
  public CircuitBreakerSettings withSlowCallRateThreshold(double slowCallRateThreshold) {
    return with(draft -> draft.slowCallRateThreshold = slowCallRateThreshold);
  }

  /** These settings with another {@link #slowCallDurationThreshold}. */
  public CircuitBreakerSettings withSlowCallDurationThreshold(Duration slowCallDurationThreshold) {
    return with(draft -> draft.slowCallDurationThreshold = slowCallDurationThreshold);
  }

  /** These settings with another {@link #minimumNumberOfCalls}. */
  public CircuitBreakerSettings withMinimumNumberOfCalls(int minimumNumberOfCalls) {
    return with(draft -> draft.minimumNumberOfCalls = minimumNumberOfCalls);
  }

  /** These settings with another {@link #slidingWindowType}. */
  public CircuitBreakerSettings withSlidingWindowType(SlidingWindowType slidingWindowType) {
    return with(draft -> draft.slidingWindowType = slidingWindowType);
  }

  /** These settings with another {@link #slidingWindowSize}. */
  public CircuitBreakerSettings withSlidingWindowSize(int slidingWindowSize) {
    return with(draft -> draft.slidingWindowSize = slidingWindowSize);
  }

  /** These settings with another {@link #waitDurationInOpenState}. */
  public CircuitBreakerSettings withWaitDurationInOpenState(Duration waitDurationInOpenState) {
    return with(draft -> draft.waitDurationInOpenState = waitDurationInOpenState);
  }

  /** These settings with another {@link #waitDurationMultiplier}. */
  public CircuitBreakerSettings withWaitDurationMultiplier(double waitDurationMultiplier) {
    return with(draft -> draft.waitDurationMultiplier = waitDurationMultiplier);
  }

  /** These settings with another {@link #maxWaitDurationInOpenState}. */
  public CircuitBreakerSettings withMaxWaitDurationInOpenState(
      Duration maxWaitDurationInOpenState) {
    return with(draft -> draft.maxWaitDurationInOpenState = maxWaitDurationInOpenState);
  }

  /** These settings with another {@link #permittedNumberOfCallsInHalfOpen}. */
  public CircuitBreakerSettings withPermittedNumberOfCallsInHalfOpen(
      int permittedNumberOfCallsInHalfOpen) {
    return with(draft -> draft.permittedNumberOfCallsInHalfOpen = permittedNumberOfCallsInHalfOpen);
  }

  /** These settings with another {@link #maxWaitDurationInHalfOpenState}. */
  public CircuitBreakerSettings withMaxWaitDurationInHalfOpenState(
      Duration maxWaitDurationInHalfOpenState) {
    return with(draft -> draft.maxWaitDurationInHalfOpenState = maxWaitDurationInHalfOpenState);
  }

  private CircuitBreakerSettings with(Consumer<Draft> change) {
    var draft = new Draft(this);
    change.accept(draft);
    return draft.settings();
  }

  /** All components, one of which is about to change. */
  private static final class Draft {
    private double failureRateThreshold;
    private double slowCallRateThreshold;
    private Duration slowCallDurationThreshold;
    private int minimumNumberOfCalls;
    private SlidingWindowType slidingWindowType;
    private int slidingWindowSize;
    private Duration waitDurationInOpenState;
    private double waitDurationMultiplier;
    private Duration maxWaitDurationInOpenState;
    private int permittedNumberOfCallsInHalfOpen;
    private Duration maxWaitDurationInHalfOpenState;

    Draft(CircuitBreakerSettings from) {
      failureRateThreshold = from.failureRateThreshold;
      slowCallRateThreshold = from.slowCallRateThreshold;
      slowCallDurationThreshold = from.slowCallDurationThreshold;
      minimumNumberOfCalls = from.minimumNumberOfCalls;
      slidingWindowType = from.slidingWindowType;
      slidingWindowSize = from.slidingWindowSize;
      waitDurationInOpenState = from.waitDurationInOpenState;
      waitDurationMultiplier = from.waitDurationMultiplier;
      maxWaitDurationInOpenState = from.maxWaitDurationInOpenState;
      permittedNumberOfCallsInHalfOpen = from.permittedNumberOfCallsInHalfOpen;
      maxWaitDurationInHalfOpenState = from.maxWaitDurationInHalfOpenState;
    }

    CircuitBreakerSettings settings() {
      return new CircuitBreakerSettings(
          failureRateThreshold,
          slowCallRateThreshold,
          slowCallDurationThreshold,
          minimumNumberOfCalls,
          slidingWindowType,
          slidingWindowSize,
          waitDurationInOpenState,
          waitDurationMultiplier,
          maxWaitDurationInOpenState,
          permittedNumberOfCallsInHalfOpen,
          maxWaitDurationInHalfOpenState);
    }
  }
}
