package io.fairlead.benchmarks.resilience;

import io.fairlead.resilience.Ticker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A closed breaker by its permits, where every twentieth outcome of a thread is a failure. Nothing
 * is thrown: all libraries are told of the outcome by their own methods, and of the duration by the
 * clock that their own wrappers read.
 */
@State(Scope.Benchmark)
public class FailingWindow {
  private static final Exception FAILURE = new Failure();

  private final Work work = new Work();
  private final io.fairlead.resilience.CircuitBreaker ours = FairleadPolicies.countBased();
  private final Ticker clock = Ticker.coarse().atLeast(Shared.SLOW);
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
    long start = clock.nanos();
    Object result = work.get();
    long elapsed = clock.nanos() - start;
    if (turn.fails()) {
      ours.failure(permit, elapsed);
    } else {
      ours.success(permit, elapsed);
    }
    return result;
  }

  /** Resilience4j. */
  @Benchmark
  public Object resilience4j(Turn turn, Disturbance disturbance) {
    if (!resilience4j.tryAcquirePermission()) {
      throw rejected();
    }
    long start = resilience4j.getCurrentTimestamp();
    Object result = work.get();
    long elapsed = resilience4j.getCurrentTimestamp() - start;
    if (turn.fails()) {
      resilience4j.onError(elapsed, resilience4j.getTimestampUnit(), FAILURE);
    } else {
      resilience4j.onSuccess(elapsed, resilience4j.getTimestampUnit());
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

  static final class Failure extends Exception {
    private static final long serialVersionUID = 1;

    Failure() {
      super("of the call", null, false, false);
    }
  }
}
