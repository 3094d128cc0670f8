package io.fairlead.resilience;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Options;
import org.jetbrains.lincheck.datastructures.StressOptions;

/**
 * How Lincheck looks at classes: random scenarios of a few operations, each in many interleavings
 * that a model checker chooses and in many that the machine happens to choose. {@code
 * -Dfairlead.lincheck=long} looks at twenty times as many scenarios, each five times as closely.
 */
final class Linearizability {
  /** Threads that run operations at the same time; numbers of threads are below {@link #IDS}. */
  static final int THREADS = 2;

  /** Those that run before and after them have numbers of their own. */
  static final int IDS = THREADS + 2;

  private static final boolean LONG = "long".equals(System.getProperty("fairlead.lincheck"));

  private Linearizability() {}

  static void check(Class<?> operations) {
    run(operations, new ModelCheckingOptions(), 10);
    run(operations, new StressOptions(), 5);
  }

  private static void run(Class<?> operations, Options<?, ?> options, int iterations) {
    options
        .iterations(LONG ? 20 * iterations : iterations)
        .invocationsPerIteration(LONG ? 1_500 : 300)
        .threads(THREADS)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(1)
        .check(operations);
  }
}
