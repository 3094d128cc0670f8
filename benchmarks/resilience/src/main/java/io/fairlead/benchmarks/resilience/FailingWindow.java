package io.fairlead.benchmarks.resilience;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A closed breaker by its permits, where every twentieth outcome of a thread is a failure. Nothing
 * is thrown: all libraries are told of the outcome and of its duration by their own methods.
 */
@State(Scope.Benchmark)
public class FailingWindow {
  /** What each call is said to have taken; reading a clock is no part of what is measured here. */
  private static final long ELAPSED_NANOS = 1_000;

  private static final Exception FAILURE = new Failure();

  private final Work work = new Work();
  private final io.fairlead.resilience.CircuitBreaker ours = FairleadPolicies.countBased();
  private final CircuitBreaker resilience4j = Resilience4jPolicies.countBased();
  private final dev.failsafe.CircuitBreaker<Object> failsafe = FailsafePolicies.countBased();

  /** Counts the calls of one thread. */
  @State(Scope.Thread)
  public static class Turn {
    private int calls;

    boolean fails() {
      calls = calls == Shared.CALLS_PER_FAILURE - 1 ? 0 : calls + 1;
      return calls == 0;
    }
  }

  /** The call and the choice of its outcome, without a breaker. */
  @Benchmark
  public Object bare(Turn turn, Disturbance disturbance) {
    Object result = work.get();
    return turn.fails() ? FAILURE : result;
  }

  /** Ours. */
  @Benchmark
  public Object fairlead(Turn turn, Disturbance disturbance) {
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
  public Object resilience4j(Turn turn, Disturbance disturbance) {
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

  /** Failsafe, which takes no duration. */
  @Benchmark
  public Object failsafe(Turn turn, Disturbance disturbance) {
    if (!failsafe.tryAcquirePermit()) {
      throw rejected();
    }
    Object result = work.get();
    if (turn.fails()) {
      failsafe.recordFailure();
    } else {
      failsafe.recordSuccess();
    }
    return result;
  }

  private static IllegalStateException rejected() {
    return new IllegalStateException("the breaker must stay closed");
  }

  private static final class Failure extends Exception {
    private static final long serialVersionUID = 1;

    Failure() {
      super("of the call", null, false, false);
    }
  }
}
