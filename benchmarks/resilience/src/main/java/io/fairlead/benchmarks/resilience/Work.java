package io.fairlead.benchmarks.resilience;

import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** The call that policies are put around: it reads a field. Safe for all threads. */
final class Work implements Supplier<Object>, Callable<Object> {
  private final Object result = new Object();

  @Override
  public Object get() {
    return result;
  }

  @Override
  public Object call() {
    return result;
  }
}
