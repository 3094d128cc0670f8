package io.fairlead.resilience;

import java.util.concurrent.TimeUnit;

/** Lets the calling thread wait. A policy takes one so that tests need not. */
@FunctionalInterface
public interface Sleeper {
  void sleep(long nanos) throws InterruptedException;

  /** Sleeps in real time; a virtual thread gives its carrier free. */
  static Sleeper system() {
    return TimeUnit.NANOSECONDS::sleep;
  }
}
