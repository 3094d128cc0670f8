package io.fairlead.testkit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A clock that stands still until a test moves it, as wall clock and as monotonic ticker. Safe for
 * use by many threads.
 */
public final class ManualClock extends Clock {
  private final Instant start;
  private final ZoneId zone;
  private final AtomicLong elapsedNanos;

  /** Stands at the given instant, with its ticker at zero. */
  public ManualClock(Instant start) {
    this(start, ZoneOffset.UTC, new AtomicLong());
  }

  private ManualClock(Instant start, ZoneId zone, AtomicLong elapsedNanos) {
    this.start = start;
    this.zone = zone;
    this.elapsedNanos = elapsedNanos;
  }

  /**
   * Moves the clock on.
   *
   * @throws IllegalArgumentException if the step is negative
   */
  public void advance(Duration step) {
    if (step.isNegative()) {
      throw new IllegalArgumentException("step: must not be negative, was " + step);
    }
    elapsedNanos.addAndGet(step.toNanos());
  }

  /** Nanoseconds since the start, in the place of {@link System#nanoTime()}. */
  public long nanoTime() {
    return elapsedNanos.get();
  }

  @Override
  public Instant instant() {
    return start.plusNanos(elapsedNanos.get());
  }

  @Override
  public ZoneId getZone() {
    return zone;
  }

  /** The same clock, seen from another zone: both move together. */
  @Override
  public Clock withZone(ZoneId other) {
    return new ManualClock(start, other, elapsedNanos);
  }
}
