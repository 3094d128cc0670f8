package io.fairlead.benchmarks.resilience;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.fairlead.resilience.Bulkhead;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A bulkhead with room around a call. */
@State(Scope.Benchmark)
public class BulkheadCall {
  private final Work work = new Work();
  private final Bulkhead ours = FairleadPolicies.bulkhead();
  private final Supplier<Object> resilience4j =
      io.github.resilience4j.bulkhead.Bulkhead.decorateSupplier(
          Resilience4jPolicies.bulkhead(), work);
  private final FailsafeExecutor<Object> failsafe = Failsafe.with(FailsafePolicies.bulkhead());

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

  /** Failsafe. */
  @Benchmark
  public Object failsafe(Disturbance disturbance) {
    return failsafe.get(work::get);
  }
}
