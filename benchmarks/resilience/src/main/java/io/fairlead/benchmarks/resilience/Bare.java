package io.fairlead.benchmarks.resilience;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The call without any policy, which is taken off from all others. */
@State(Scope.Benchmark)
public class Bare {
  private final Work work = new Work();

  /** The call. */
  @Benchmark
  public Object call(Disturbance disturbance) {
    return work.get();
  }
}
