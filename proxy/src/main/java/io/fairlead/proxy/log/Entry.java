package io.fairlead.proxy.log;

import io.fairlead.proxy.exchange.Exchange;
import org.jspecify.annotations.Nullable;

/** What the lines of one exchange are written from. Each loop has one, which it uses again. */
final class Entry {
  private final LineWriter line = new LineWriter();
  private final LogTime time = new LogTime();
  private @Nullable Exchange exchange;
  private @Nullable Captured captured;
  private long startEpochNanos;
  private int flags;

  void set(Exchange over, Captured copies, long startEpoch, int responseFlags) {
    exchange = over;
    captured = copies;
    startEpochNanos = startEpoch;
    flags = responseFlags;
  }

  /** Lets go of the exchange. */
  void clear() {
    exchange = null;
    captured = null;
  }

  LineWriter line() {
    return line;
  }

  LogTime time() {
    return time;
  }

  Exchange exchange() {
    Exchange present = exchange;
    if (present == null) {
      throw new IllegalStateException("there is nothing to log");
    }
    return present;
  }

  Captured captured() {
    Captured present = captured;
    if (present == null) {
      throw new IllegalStateException("there is nothing to log");
    }
    return present;
  }

  long startEpochNanos() {
    return startEpochNanos;
  }

  int flags() {
    return flags;
  }
}
