package io.fairlead.benchmarks.resilience;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.fairlead.resilience.CircuitBreaker;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A closed breaker around a call that succeeds; the window counts calls. */
@State(Scope.Benchmark)
public class CountWindow {
  private final Work work = new Work();
  private final CircuitBreaker ours = FairleadPolicies.countBased();
  private final Supplier<Object> resilience4j =
      io.github.resilience4j.circuitbreaker.CircuitBreaker.decorateSupplier(
          Resilience4jPolicies.countBased(), work);
  private final Supplier<Object> lockFree =
      io.github.resilience4j.circuitbreaker.CircuitBreaker.decorateSupplier(
          Resilience4jPolicies.lockFree(Resilience4jPolicies.countBased()), work);
  private final FailsafeExecutor<Object> failsafe = Failsafe.with(FailsafePolicies.countBased());

  /** Ours. */
  @Benchmark
  public Object fairlead(Disturbance disturbance) throws Exception {
    return ours.call(work);
  }

  /** Resilience4j. */
  @Benchmark
  public Object resilience4j(Disturbance disturbance) {
    return resilience4j.get();
  }

  /** Resilience4j without locks. */
  @Benchmark
  public Object resilience4jLockFree(Disturbance disturbance) {
    return lockFree.get();
  }

  /** Failsafe. */
  @Benchmark
  public Object failsafe(Disturbance disturbance) {
    return failsafe.get(work::get);
  }
}
