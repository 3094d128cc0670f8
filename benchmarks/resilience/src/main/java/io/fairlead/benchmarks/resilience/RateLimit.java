package io.fairlead.benchmarks.resilience;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.fairlead.resilience.RateLimiter;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A rate limiter that admits every call. */
@State(Scope.Benchmark)
public class RateLimit {
  private final Work work = new Work();
  private final RateLimiter ours = FairleadPolicies.rateLimiter();
  private final Supplier<Object> resilience4j =
      io.github.resilience4j.ratelimiter.RateLimiter.decorateSupplier(
          Resilience4jPolicies.rateLimiter(), work);
  private final FailsafeExecutor<Object> failsafe = Failsafe.with(FailsafePolicies.rateLimiter());

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
