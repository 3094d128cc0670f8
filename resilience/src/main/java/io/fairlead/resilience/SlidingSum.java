package io.fairlead.resilience;

import io.fairlead.resilience.Slices.Slice;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A sum over the last slices of time. Safe for all threads, without locks.
 *
 * <p>Each ring has a cell per slice; a cell holds the low 32 bits of its slice's tick and a 32-bit
 * sum in one word, so a late writer can never add to a cell that serves a newer slice. A platform
 * thread that adds often owns a ring, marked with its number: nobody else writes it, so adding
 * needs no atomic instruction. All others share a few rings by compare-and-set. A ring is never
 * given back: of many threads that come and go the later ones share. Reading sums all rings, so it
 * belongs on rare paths.
 */
final class SlidingSum {
  private static final int LINE = 8;
  private static final int MOST_SHARED = 16;
  private static final long SUM = 0xffff_ffffL;

  private final int slices;
  private final int ownedRings;
  private final int sharedRings;

  /** Longs from one ring to the next; the first of each is the number of its owner. */
  private final int stride;

  private final AtomicLongArray cells;

  private SlidingSum(int slices, int ownedRings, int sharedRings) {
    this.slices = slices;
    this.ownedRings = ownedRings;
    this.sharedRings = sharedRings;
    // A cache line apart, so that two rings never share one.
    stride = (slices + 1 + LINE - 1) / LINE * LINE + LINE;
    cells = new AtomicLongArray((ownedRings + sharedRings) * stride);
  }

  /** A sum that many threads add to all the time. */
  static SlidingSum busy(int slices) {
    int processors = Runtime.getRuntime().availableProcessors();
    int rings = Math.min(MOST_SHARED, Integer.highestOneBit(4 * processors - 1));
    return new SlidingSum(slices, rings, rings);
  }

  /** A sum that is seldom added to. */
  static SlidingSum quiet(int slices) {
    return new SlidingSum(slices, 0, 1);
  }

  /** Adds one to the slice. */
  void increment(Slice slice) {
    if (ownedRings > 0) {
      long id = Thread.currentThread().threadId();
      int ring = Stripe.of(id, ownedRings) * stride;
      if (cells.getPlain(ring) == id || own(ring)) {
        int cell = ring + 1 + slice.cell();
        cells.setRelease(cell, added(cells.getPlain(cell), slice.tick(), 1));
        return;
      }
    }
    add(slice, 1);
  }

  private boolean own(int ring) {
    Thread thread = Thread.currentThread();
    return cells.get(ring) == 0
        && !thread.isVirtual()
        && cells.compareAndSet(ring, 0, thread.threadId());
  }

  /** Adds to the slice; below zero it takes back, as long as the slice is still held. */
  void add(Slice slice, int delta) {
    int cell = (ownedRings + Stripe.of(sharedRings)) * stride + 1 + slice.cell();
    while (true) {
      long word = cells.get(cell);
      if (cells.compareAndSet(cell, word, added(word, slice.tick(), delta))) {
        return;
      }
    }
  }

  private static long added(long word, long tick, int delta) {
    int age = (int) tick - (int) (word >>> 32);
    if (age == 0) {
      long sum = (word & SUM) + delta;
      return sum < 0 || sum > SUM ? word : word & ~SUM | sum;
    }
    return age < 0 || delta < 0 ? word : tick << 32 | delta;
  }

  /** The sum of this slice and of the slices before it. */
  long sum(Slice slice) {
    int tick = (int) slice.tick();
    long sum = 0;
    for (int ring = 0; ring < ownedRings + sharedRings; ring++) {
      int first = ring * stride + 1;
      for (int cell = first; cell < first + slices; cell++) {
        long word = cells.get(cell);
        int age = tick - (int) (word >>> 32);
        if (age >= 0 && age < slices) {
          sum += word & SUM;
        }
      }
    }
    return sum;
  }
}
