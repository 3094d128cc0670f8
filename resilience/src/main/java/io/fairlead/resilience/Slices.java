package io.fairlead.resilience;

import java.time.Duration;

/**
 * Time since a beginning, in slices of equal length. Safe for all threads. The present slice is
 * remembered, so that knowing it costs no division as long as it lasts.
 */
final class Slices {
  private final Ticker ticker;
  private final long origin;
  private final long sliceNanos;
  private final int held;
  private volatile Slice present = new Slice(0, 0);

  /**
   * One slice of time.
   *
   * @param tick its number, from 0
   * @param cell the place it has in a ring of as many slices as are held
   */
  record Slice(long tick, int cell) {}

  /** Slices from now on, of which rings hold this many. */
  Slices(Ticker ticker, long sliceNanos, int held) {
    this.ticker = ticker.atLeast(Duration.ofNanos(sliceNanos));
    this.sliceNanos = sliceNanos;
    this.held = held;
    origin = this.ticker.nanos();
  }

  int held() {
    return held;
  }

  Slice now() {
    Slice slice = present;
    long since = ticker.nanos() - origin;
    long into = since - slice.tick * sliceNanos;
    return into >= 0 && into < sliceNanos ? slice : at(since);
  }

  private Slice at(long since) {
    long tick = Math.max(0, since) / sliceNanos;
    var slice = new Slice(tick, (int) (tick % held));
    present = slice;
    return slice;
  }
}
