package io.fairlead.benchmarks.resilience;

import dev.failsafe.FailsafeExecutor;
import io.fairlead.resilience.Pipeline;
import java.util.concurrent.Callable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Retry, breaker, bulkhead and timeout around a call that succeeds, on the calling thread. */
@State(Scope.Benchmark)
public class PipelineCall {
  private final Work work = new Work();
  private final Pipeline<Object> ours = FairleadPolicies.pipeline();
  private final Callable<Object> resilience4j = Resilience4jPolicies.pipeline(work);
  private final FailsafeExecutor<Object> failsafe = FailsafePolicies.pipeline();

  /** Ours. */
  @Benchmark
  public Object fairlead(Disturbance disturbance) throws Exception {
    return ours.call(work);
  }

  /** Resilience4j. */
  @Benchmark
  public Object resilience4j(Disturbance disturbance) throws Exception {
    return resilience4j.call();
  }

  /** Failsafe. */
  @Benchmark
  public Object failsafe(Disturbance disturbance) {
    return failsafe.get(work::get);
  }
}
