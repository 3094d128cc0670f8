package io.fairlead.resilience;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The last N outcomes.
 *
 * <p>A ring holds one outcome per slot; one word holds the sums of calls, failures and slow calls.
 * To add an outcome a thread claims a slot, swaps its outcome in and adds the difference from the
 * outcome that it took out to the word. A plain success added to a full window of plain successes
 * would change nothing, so it costs one load and no write.
 *
 * <p>By one thread the sums are exact over the last N. Between threads, an outcome counts from the
 * moment its difference is added, so sums may lack the calls that are just being added, and a
 * thread that is overtaken by N others may place its outcome after theirs. For that moment a sum
 * may even be negative, which shows as a field larger than any window, and such a word is not
 * judged: whoever completes it judges it.
 */
final class CountWindow implements CircuitWindow {
  private static final int FIELD_BITS = 20;
  private static final long FIELD = (1L << FIELD_BITS) - 1;

  private final int size;
  private final AtomicIntegerArray ring;
  private final AtomicLong claimed = new AtomicLong();

  /** Calls, failures and slow calls, 20 bits each. */
  private final AtomicLong sums = new AtomicLong();

  /** The word of a full window of plain successes. */
  private final long clean;

  CountWindow(int size) {
    this.size = size;
    ring = new AtomicIntegerArray(size);
    clean = (long) size << 2 * FIELD_BITS;
  }

  @Override
  public boolean add(int outcome, CircuitRules rules) {
    if (outcome == CALL && sums.get() == clean) {
      return false;
    }
    int slot = (int) Long.remainderUnsigned(claimed.getAndIncrement(), size);
    int previous = ring.getAndSet(slot, outcome);
    long difference = word(outcome) - word(previous);
    long word = difference == 0 ? sums.get() : sums.addAndGet(difference);
    return exceeded(word, rules);
  }

  /** A field above the number of calls is a sum below zero, so an outcome is still being added. */
  static boolean exceeded(long word, CircuitRules rules) {
    long calls = calls(word);
    long failures = failures(word);
    long slowCalls = slowCalls(word);
    return !rules.tooFew(calls)
        && failures <= calls
        && slowCalls <= calls
        && rules.exceeded(calls, failures, slowCalls);
  }

  @Override
  public Outcomes outcomes() {
    long word = sums.get();
    return new Outcomes(calls(word), failures(word), slowCalls(word));
  }

  /** The sums as the ring itself has them; equal to {@link #outcomes()} when no thread adds. */
  Outcomes recount() {
    long word = 0;
    for (int i = 0; i < size; i++) {
      word += word(ring.get(i));
    }
    return new Outcomes(calls(word), failures(word), slowCalls(word));
  }

  @Override
  public CircuitWindow resized(CircuitBreakerSettings settings, Ticker ticker) {
    return switch (settings.slidingWindowType()) {
      case TIME_BASED -> new TimeWindow(settings.slidingWindowSize(), ticker);
      case COUNT_BASED ->
          settings.slidingWindowSize() == size ? this : withNewest(settings.slidingWindowSize());
    };
  }

  private CountWindow withNewest(int newSize) {
    var window = new CountWindow(newSize);
    long end = claimed.get();
    long sum = 0;
    int copied = 0;
    for (int back = Math.min(size, newSize); back >= 1; back--) {
      int outcome = ring.get((int) Long.remainderUnsigned(end - back + size, size));
      if (outcome != 0) {
        window.ring.set(copied++, outcome);
        sum += word(outcome);
      }
    }
    window.claimed.set(copied);
    window.sums.set(sum);
    return window;
  }

  private static long word(int outcome) {
    return (long) (outcome & CALL) << 2 * FIELD_BITS
        | (long) (outcome & FAILED) << FIELD_BITS - 1
        | (outcome & SLOW) >> 2;
  }

  private static long calls(long word) {
    return word >>> 2 * FIELD_BITS;
  }

  private static long failures(long word) {
    return word >>> FIELD_BITS & FIELD;
  }

  private static long slowCalls(long word) {
    return word & FIELD;
  }
}
