package io.fairlead.resilience;

import io.fairlead.resilience.Slices.Slice;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A sum over the last slices of time. Safe for all threads, without locks.
 *
 * <p>Each stripe of threads owns a ring of cells, one per slice; a cell holds the low 32 bits of
 * its slice's tick and a 32-bit sum in one word, so a late writer can never add to a cell that
 * serves a newer slice. Adding is one compare-and-set; reading sums all cells, so it belongs on
 * rare paths.
 */
final class SlidingSum {
  private static final int PAD = 8;
  private static final int MAX_STRIPES = 16;
  private static final long SUM = 0xffff_ffffL;

  private final int slices;
  private final int stripes;
  private final int stride;
  private final AtomicLongArray cells;

  private SlidingSum(int slices, int stripes) {
    this.slices = slices;
    this.stripes = stripes;
    // A cache line apart, so that two stripes never share one.
    stride = (slices + PAD - 1) / PAD * PAD + PAD;
    cells = new AtomicLongArray(stripes * stride);
  }

  /** A sum that many threads add to all the time. */
  static SlidingSum busy(int slices) {
    int processors = Runtime.getRuntime().availableProcessors();
    return new SlidingSum(slices, Math.min(MAX_STRIPES, Integer.highestOneBit(4 * processors - 1)));
  }

  /** A sum that is seldom added to. */
  static SlidingSum quiet(int slices) {
    return new SlidingSum(slices, 1);
  }

  /** Adds to the slice; below zero it takes back, as long as the slice is still held. */
  void add(Slice slice, int delta) {
    int cell = Stripe.of(stripes) * stride + slice.cell();
    long tick = slice.tick();
    while (true) {
      long word = cells.get(cell);
      int age = (int) tick - (int) (word >>> 32);
      long next;
      if (age == 0) {
        long sum = (word & SUM) + delta;
        next = sum < 0 || sum > SUM ? word : word & ~SUM | sum;
      } else if (age < 0 || delta < 0) {
        return;
      } else {
        next = tick << 32 | delta;
      }
      if (cells.compareAndSet(cell, word, next)) {
        return;
      }
    }
  }

  /** The sum of this slice and of the slices before it. */
  long sum(Slice slice) {
    int tick = (int) slice.tick();
    long sum = 0;
    for (int stripe = 0; stripe < stripes; stripe++) {
      int first = stripe * stride;
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
