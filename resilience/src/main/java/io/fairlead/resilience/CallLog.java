package io.fairlead.resilience;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The sliding window: a ring with the times of as many calls as the limit. A call may pass if the
 * call that is the limit before it is at least one period older, so any stretch of one period sees
 * at most the limit.
 *
 * <p>Call n, from 0, belongs into slot {@code n mod limit}, in lap {@code n / limit}. A word is a
 * time since the origin and, in its lowest bit, the parity of its lap. Who finds the slot of the
 * head in its own lap helps the head on; otherwise the slot still holds the call of the lap before,
 * and replacing that word by compare-and-set is what lets call n through. Words never come again,
 * since the times of a slot are a period apart.
 */
final class CallLog implements RatePace {
  private final RateLimitSettings settings;
  private final Ticker ticker;
  private final long origin;
  private final int limit;
  private final long periodNanos;
  private final AtomicLong head = new AtomicLong();
  private final AtomicLongArray words;

  private CallLog(RateLimitSettings settings, Ticker ticker, long origin) {
    this.settings = settings;
    this.ticker = ticker;
    this.origin = origin;
    limit = settings.limit();
    periodNanos = settings.period().toNanos();
    words = new AtomicLongArray(limit);
    for (int slot = 0; slot < limit; slot++) {
      words.set(slot, beforeFirstLap(-periodNanos));
    }
  }

  static CallLog of(RateLimitSettings settings, Ticker ticker, double usedShare) {
    var log = new CallLog(settings, ticker, ticker.nanos());
    int used = (int) Math.ceil(log.limit * usedShare);
    for (int slot = log.limit - used; slot < log.limit; slot++) {
      log.words.set(slot, beforeFirstLap(0));
    }
    return log;
  }

  @Override
  public RateLimitSettings settings() {
    return settings;
  }

  @Override
  public long tryAcquire() {
    return Math.max(0, -reserve(0));
  }

  @Override
  public long reserve(long maxWaitNanos) {
    while (true) {
      long call = head.get();
      int slot = slot(call);
      long word = words.get(slot);
      if (head.get() != call) {
        continue;
      }
      long parity = call / limit & 1;
      if ((word & 1) == parity) {
        head.compareAndSet(call, call + 1);
        continue;
      }
      // After the head was read, so that times in the ring never go back.
      long now = nanos();
      long turn = Math.max(now, time(word) + periodNanos);
      if (turn - now > maxWaitNanos) {
        return now - turn;
      }
      if (words.compareAndSet(slot, word, turn << 1 | parity)) {
        head.compareAndSet(call, call + 1);
        return turn - now;
      }
    }
  }

  /** Calls after it count on its time, so the turn stays taken. */
  @Override
  public void abandon() {}

  /** Times only grow from the head on, so the calls that may pass come first. */
  @Override
  public long available() {
    long first = head.get();
    long latest = nanos() - periodNanos;
    int low = 0;
    int high = limit;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (time(words.get(slot(first + middle))) <= latest) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  @Override
  public double usedShare() {
    return (double) (limit - available()) / limit;
  }

  /** A log with the newest calls of this one. */
  CallLog resized(RateLimitSettings other) {
    var log = new CallLog(other, ticker, origin);
    long first = head.get();
    int kept = Math.min(limit, log.limit);
    for (int i = 1; i <= kept; i++) {
      long time = time(words.get(slot(first + limit - i)));
      // Never called is a period before the origin, by the period of its own log.
      if (time >= 0) {
        log.words.set(log.limit - i, beforeFirstLap(time));
      }
    }
    return log;
  }

  private int slot(long call) {
    return (int) (call % limit);
  }

  private long nanos() {
    return Math.max(0, ticker.nanos() - origin);
  }

  private static long time(long word) {
    return word >> 1;
  }

  private static long beforeFirstLap(long time) {
    return time << 1 | 1;
  }
}
