package io.fairlead.benchmarks.resilience;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** As {@link FailingWindow}, but nobody reads a clock: what permits and outcomes cost alone. */
@State(Scope.Benchmark)
public class FailingOutcomes {
  /** What each call is said to have taken; reading a clock is no part of what is measured here. */
  private static final long ELAPSED_NANOS = 1_000;

  private static final Exception FAILURE = new FailingWindow.Failure();

  private final Work work = new Work();
  private final io.fairlead.resilience.CircuitBreaker ours = FairleadPolicies.countBased();
  private final CircuitBreaker resilience4j = Resilience4jPolicies.countBased();

  /** Ours. */
  @Benchmark
  public Object fairlead(FailingWindow.Turn turn, Disturbance disturbance) {
    long permit = ours.tryAcquire();
    if (permit < 0) {
      throw rejected();
    }
    Object result = work.get();
    if (turn.fails()) {
      ours.failure(permit, ELAPSED_NANOS);
    } else {
      ours.success(permit, ELAPSED_NANOS);
    }
    return result;
  }

  /** Resilience4j. */
  @Benchmark
  public Object resilience4j(FailingWindow.Turn turn, Disturbance disturbance) {
    if (!resilience4j.tryAcquirePermission()) {
      throw rejected();
    }
    Object result = work.get();
    if (turn.fails()) {
      resilience4j.onError(ELAPSED_NANOS, TimeUnit.NANOSECONDS, FAILURE);
    } else {
      resilience4j.onSuccess(ELAPSED_NANOS, TimeUnit.NANOSECONDS);
    }
    return result;
  }

  private static IllegalStateException rejected() {
    return new IllegalStateException("the breaker must stay closed");
  }
}
