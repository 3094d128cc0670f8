package io.fairlead.resilience;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * The last N outcomes.
 *
 * <p>A ring holds one outcome per slot; one word holds the sums of calls, failures and slow calls.
 * To add an outcome a thread claims a slot, swaps its outcome in and adds the difference from the
 * outcome that it took out to the word.
 *
 * <p>That word would bounce between processors with every call, so plain successes avoid it. Added
 * to a full window of plain successes, one more would change nothing and costs one load. Added to
 * any other full window it can only lower the rates, so it matters to nobody before the next failed
 * or slow call: it waits in a cell of its thread's stripe, and whoever adds a failed or slow call,
 * or reads the sums, puts the waiting ones in their slots first.
 *
 * <p>By one thread, or by many one after the other, judged and read sums are therefore exact over
 * the last N. A thread that is stopped between taking what waits and claiming slots for it lets
 * later outcomes pass: it holds at most {@link #maxWaiting} successes of each of T threads and its
 * own outcome, so sums differ from those of the last N by at most {@code T * (T * maxWaiting + 1)}
 * outcomes, and when no thread is under way by what was passed in this way. While outcomes are
 * being placed a sum may even be negative for a moment, which shows as a field larger than any
 * window, and such a word is not judged, but the next call is.
 */
final class CountWindow implements CircuitWindow {
  private static final int FIELD_BITS = 20;
  private static final long FIELD = (1L << FIELD_BITS) - 1;
  private static final int STRIPES = 16;

  /** Integers from one stripe to the next: a cache line. */
  private static final int STRIDE = 16;

  private static final int MAX_WAITING = 64;

  private static final AtomicReferenceFieldUpdater<CountWindow, @Nullable AtomicIntegerArray>
      WAITING =
          AtomicReferenceFieldUpdater.newUpdater(
              CountWindow.class, AtomicIntegerArray.class, "waiting");

  private final int size;

  /** Plain successes that may wait in a stripe; 0 where the window is too small for any. */
  private final int maxWaiting;

  private final AtomicIntegerArray ring;
  private final AtomicLong claimed = new AtomicLong();

  /** Calls, failures and slow calls, 20 bits each. */
  private final AtomicLong sums = new AtomicLong();

  /** Plain successes without a slot, by stripe; made when the first has to wait. */
  private volatile @Nullable AtomicIntegerArray waiting;

  /** By which the sums were judged last; successes wait only while they stay the same. */
  private volatile @Nullable CircuitRules judgedBy;

  /** The word of a full window of plain successes. */
  private final long clean;

  CountWindow(int size) {
    this.size = size;
    maxWaiting = Math.min(size / 16, MAX_WAITING);
    ring = new AtomicIntegerArray(size);
    clean = (long) size << 2 * FIELD_BITS;
  }

  int maxWaiting() {
    return maxWaiting;
  }

  /** Successes without a slot now; the cells are read one after the other. */
  int waiting() {
    AtomicIntegerArray cells = waiting;
    int sum = 0;
    for (int cell = 0; cells != null && cell < STRIPES * STRIDE; cell += STRIDE) {
      sum += cells.get(cell);
    }
    return sum;
  }

  @Override
  public boolean add(int outcome, CircuitRules rules) {
    if (outcome == CALL) {
      long word = sums.get();
      if (word == clean || calls(word) == size && rules == judgedBy && letWait()) {
        return false;
      }
    }
    return place(takeWaiting(), outcome, rules);
  }

  /** Whether one more plain success waits; if not, its caller places it with all that do. */
  private boolean letWait() {
    AtomicIntegerArray cells = waiting;
    if (cells == null) {
      if (maxWaiting == 0) {
        return false;
      }
      WAITING.compareAndSet(this, null, new AtomicIntegerArray(STRIPES * STRIDE));
      return false;
    }
    int cell = Stripe.of(STRIPES) * STRIDE;
    while (true) {
      int present = cells.get(cell);
      if (present >= maxWaiting) {
        return false;
      }
      if (cells.compareAndSet(cell, present, present + 1)) {
        return true;
      }
    }
  }

  private int takeWaiting() {
    AtomicIntegerArray cells = waiting;
    if (cells == null) {
      return 0;
    }
    int taken = 0;
    for (int cell = 0; cell < STRIPES * STRIDE; cell += STRIDE) {
      if (cells.get(cell) != 0) {
        taken += cells.getAndSet(cell, 0);
      }
    }
    return taken;
  }

  /** Places so many plain successes and then this outcome, and judges. */
  private boolean place(int successes, int outcome, CircuitRules rules) {
    long first = claimed.getAndAdd(successes + 1L);
    long difference = placeSuccesses(first, successes);
    int slot = (int) Long.remainderUnsigned(first + successes, size);
    difference += word(outcome) - word(ring.getAndSet(slot, outcome));
    long word = difference == 0 ? sums.get() : sums.addAndGet(difference);
    if (incomplete(word)) {
      // Somebody else completes it, perhaps a reader, who does not judge: the next call shall.
      judgedBy = null;
      return false;
    }
    judgedBy = rules;
    return exceeded(word, rules);
  }

  private long placeSuccesses(long first, int successes) {
    if (successes == 0) {
      return 0;
    }
    long difference = 0;
    int slot = (int) Long.remainderUnsigned(first, size);
    for (int placed = Math.min(successes, size); placed > 0; placed--) {
      if (ring.get(slot) != CALL) {
        difference += word(CALL) - word(ring.getAndSet(slot, CALL));
      }
      slot = slot + 1 == size ? 0 : slot + 1;
    }
    return difference;
  }

  /** A field above the number of calls is a sum below zero, so an outcome is still being added. */
  static boolean incomplete(long word) {
    return failures(word) > calls(word) || slowCalls(word) > calls(word);
  }

  static boolean exceeded(long word, CircuitRules rules) {
    long calls = calls(word);
    return !incomplete(word)
        && !rules.tooFew(calls)
        && rules.exceeded(calls, failures(word), slowCalls(word));
  }

  @Override
  public Outcomes outcomes() {
    placeWaiting();
    long word = sums.get();
    return new Outcomes(calls(word), failures(word), slowCalls(word));
  }

  private void placeWaiting() {
    int successes = takeWaiting();
    if (successes > 0) {
      sums.addAndGet(placeSuccesses(claimed.getAndAdd(successes), successes));
    }
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
    placeWaiting();
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
