package io.fairlead.resilience;

import java.time.Duration;

/**
 * A monotonic clock in nanoseconds with an arbitrary origin; only differences mean something.
 * Called by any thread. A policy takes one so that tests move time by hand and an event loop can
 * read the clock once per turn.
 */
@FunctionalInterface
public interface Ticker {
  /** The present reading; may be negative, never goes back. */
  long nanos();

  /** The clock of this process, {@link System#nanoTime()}, which no clock step reaches. */
  static Ticker system() {
    return SystemTicker.EXACT;
  }

  /**
   * The clock of this process as a thread of its own reads it every ten milliseconds while it is in
   * use, which makes asking for it some twenty times cheaper. It has the origin of {@link
   * #system()} and lags behind it by that, or by as long as a starved machine leaves that thread
   * waiting.
   */
  static Ticker coarse() {
    return SystemTicker.COARSE;
  }

  /**
   * This clock; or, if it is the coarse one, the coarsest of this process that measures a duration
   * as short as this to one percent: from a second on the coarse one, from 100 ms on one that is
   * read every millisecond, below that the exact one.
   */
  default Ticker atLeast(Duration shortest) {
    if (this != SystemTicker.COARSE || shortest.toNanos() >= CoarseClock.LONG_NANOS) {
      return this;
    }
    return shortest.toNanos() >= 100 * CoarseClock.FINE_NANOS
        ? SystemTicker.FINE
        : SystemTicker.EXACT;
  }
}
