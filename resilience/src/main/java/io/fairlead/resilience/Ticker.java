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
   * The clock of this process as a thread of its own reads it every millisecond while it is in use,
   * which makes asking for it some twenty times cheaper. It has the origin of {@link #system()} and
   * lags behind it by a millisecond, or by as long as a starved machine leaves that thread waiting.
   */
  static Ticker coarse() {
    return SystemTicker.COARSE;
  }

  /**
   * This clock, or the exact one of this process if this is the coarse one and a duration as short
   * as this could not be measured to one percent with it.
   */
  default Ticker atLeast(Duration shortest) {
    boolean tooCoarse = shortest.toNanos() < 100 * CoarseClock.RESOLUTION_NANOS;
    return this == SystemTicker.COARSE && tooCoarse ? SystemTicker.EXACT : this;
  }
}
