package io.fairlead.resilience;

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
    return System::nanoTime;
  }
}
