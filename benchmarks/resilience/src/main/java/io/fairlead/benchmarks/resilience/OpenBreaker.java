package io.fairlead.benchmarks.resilience;

import dev.failsafe.CircuitBreakerOpenException;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.fairlead.resilience.CircuitBreaker;
import io.fairlead.resilience.CircuitOpenException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** An open breaker that rejects, with default settings for what comes out. */
@State(Scope.Benchmark)
public class OpenBreaker {
  private final Work work = new Work();
  private final CircuitBreaker ours = FairleadPolicies.open();
  private final Supplier<Object> resilience4j =
      io.github.resilience4j.circuitbreaker.CircuitBreaker.decorateSupplier(
          Resilience4jPolicies.open(), work);
  private final FailsafeExecutor<Object> failsafe = Failsafe.with(FailsafePolicies.open());

  /** Ours. */
  @Benchmark
  public Object fairlead(Disturbance disturbance) throws Exception {
    try {
      return ours.call(work);
    } catch (CircuitOpenException e) {
      return e;
    }
  }

  /** Ours without an exception. */
  @Benchmark
  public long fairleadTryAcquire(Disturbance disturbance) {
    return ours.tryAcquire();
  }

  /** Resilience4j. */
  @Benchmark
  public Object resilience4j(Disturbance disturbance) {
    try {
      return resilience4j.get();
    } catch (CallNotPermittedException e) {
      return e;
    }
  }

  /** Failsafe. */
  @Benchmark
  public Object failsafe(Disturbance disturbance) {
    try {
      return failsafe.get(work::get);
    } catch (CircuitBreakerOpenException e) {
      return e;
    }
  }
}
