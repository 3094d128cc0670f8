package io.fairlead.benchmarks.resilience;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.fairlead.resilience.Retry;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A retry around a call that succeeds. */
@State(Scope.Benchmark)
public class RetryCall {
  private final Work work = new Work();
  private final Retry ours = FairleadPolicies.retry();
  private final Retry budgeted = FairleadPolicies.retryWithBudget();
  private final Supplier<Object> resilience4j =
      io.github.resilience4j.retry.Retry.decorateSupplier(Resilience4jPolicies.retry(), work);
  private final FailsafeExecutor<Object> failsafe = Failsafe.with(FailsafePolicies.retry());

  /** Ours. */
  @Benchmark
  public Object fairlead(Disturbance disturbance) throws Exception {
    return ours.call(work);
  }

  /** Ours, counting calls for a budget, which none of the peers has. */
  @Benchmark
  public Object fairleadWithBudget(Disturbance disturbance) throws Exception {
    return budgeted.call(work);
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
