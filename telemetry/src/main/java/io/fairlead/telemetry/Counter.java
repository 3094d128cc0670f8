package io.fairlead.telemetry;

import java.util.concurrent.atomic.LongAdder;

/** A count that only grows. Safe for all threads, without locks; contended threads are spread. */
public final class Counter {
  private final LongAdder sum = new LongAdder();

  public void increment() {
    sum.increment();
  }

  /** Adds a number that is not negative. */
  public void add(long number) {
    if (number < 0) {
      throw new IllegalArgumentException("number: must not be negative, was " + number);
    }
    sum.add(number);
  }

  public long value() {
    return sum.sum();
  }
}
