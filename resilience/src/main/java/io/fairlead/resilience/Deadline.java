package io.fairlead.resilience;

import java.time.Duration;

/**
 * The moment at which a call must be over. Immutable.
 *
 * @param atNanos the moment, by the ticker that made it
 */
public record Deadline(long atNanos) {
  /** The deadline this long from now. */
  public static Deadline after(Duration timeout, Ticker ticker) {
    Require.notNegative("timeout", timeout);
    return new Deadline(ticker.nanos() + timeout.toNanos());
  }

  /** Nanoseconds left; zero or below once it has passed. */
  public long remainingNanos(Ticker ticker) {
    return atNanos - ticker.nanos();
  }

  /** Whether it has passed. */
  public boolean passed(Ticker ticker) {
    return remainingNanos(ticker) <= 0;
  }

  /** The one of both that comes first. */
  public Deadline earlier(Deadline other) {
    return atNanos - other.atNanos <= 0 ? this : other;
  }
}
