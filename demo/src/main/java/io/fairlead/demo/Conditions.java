package io.fairlead.demo;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** Waiting for a condition, within a bound. Stateless. */
final class Conditions {
  private static final Duration PAUSE = Duration.ofMillis(20);

  private Conditions() {}

  /**
   * Returns once it holds.
   *
   * @param what said if it does not come true
   */
  static void await(Duration atMost, String what, BooleanSupplier condition)
      throws InterruptedException, TimeoutException {
    long end = System.nanoTime() + atMost.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new TimeoutException("not within " + atMost.toSeconds() + " s: " + what);
      }
      Thread.sleep(PAUSE);
    }
  }

  /** Lets time pass in which the traffic goes on: the length of an outage that is shown. */
  static void pass(Duration time) throws InterruptedException {
    Thread.sleep(time);
  }
}
