package io.fairlead.interop.resilience;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;

/** Time that tests move by hand: monotonic, and as a wall clock. Safe for all threads. */
final class ManualClock extends Clock {
  private final AtomicLong nanos = new AtomicLong();

  /** What an administrator or a time server has changed on the wall clock. */
  private final AtomicLong stepNanos = new AtomicLong();

  void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  void step(Duration by) {
    stepNanos.addAndGet(by.toNanos());
  }

  long nanos() {
    return nanos.get();
  }

  @Override
  public Instant instant() {
    return Instant.parse("2026-01-01T00:00:00Z").plusNanos(nanos.get() + stepNanos.get());
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException("zone: only UTC is supported, was " + zone);
  }
}
