package io.fairlead.benchmarks.resilience;

import io.fairlead.resilience.CircuitBreaker;
import io.fairlead.resilience.PerKey;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Finds the breaker of a key among 100,000; the keys in use at a time are fewer. */
@State(Scope.Benchmark)
public class KeyLookup {
  private static final int IN_USE = 1_024;

  /** Odd, so that the keys in use lie all over the map. */
  private static final int STRIDE = 97;

  private final String[] keys = new String[IN_USE];
  private final PerKey<String, CircuitBreaker> ours = FairleadPolicies.perKey();
  private final CircuitBreakerRegistry resilience4j =
      CircuitBreakerRegistry.of(Resilience4jPolicies.countConfig());

  /** Makes every entry. */
  public KeyLookup() {
    for (int i = 0; i < Shared.KEYS; i++) {
      ours.get(Shared.key(i));
      resilience4j.circuitBreaker(Shared.key(i));
    }
    for (int i = 0; i < IN_USE; i++) {
      keys[i] = Shared.key(i * STRIDE % Shared.KEYS);
    }
  }

  /** The next key of one thread. */
  @State(Scope.Thread)
  public static class Next {
    private int number;

    String of(String[] keys) {
      number = number + 1 & IN_USE - 1;
      return keys[number];
    }
  }

  /** The keys alone. */
  @Benchmark
  public Object bare(Next next, Disturbance disturbance) {
    return next.of(keys);
  }

  /** Ours. */
  @Benchmark
  public Object fairlead(Next next, Disturbance disturbance) {
    return ours.get(next.of(keys));
  }

  /** Resilience4j. */
  @Benchmark
  public Object resilience4j(Next next, Disturbance disturbance) {
    return resilience4j.circuitBreaker(next.of(keys));
  }
}
