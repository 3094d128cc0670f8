package io.fairlead.resilience;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Counts what many threads do, exactly, for less than an atomic addition. Safe for all threads,
 * without locks.
 *
 * <p>A platform thread that counts often owns a cell, marked with its number, and nobody else
 * writes it, so adding needs no atomic instruction. All others, virtual threads among them, share a
 * {@link LongAdder}, and so does everybody until the count is worth the cells. A cell is never
 * given back: with many threads that come and go the later ones share.
 */
final class Tally {
  private static final int CELLS = 16;

  /** Longs between two cells; the count is followed by the number of its owner. */
  private static final int STRIDE = 16;

  private static final int OWNER = 1;
  private static final long WORTH_CELLS = 1_000;

  private static final AtomicReferenceFieldUpdater<Tally, @Nullable AtomicLongArray> CELLS_OF =
      AtomicReferenceFieldUpdater.newUpdater(Tally.class, AtomicLongArray.class, "cells");

  private final LongAdder shared = new LongAdder();
  private volatile @Nullable AtomicLongArray cells;

  void increment() {
    AtomicLongArray owned = cells;
    if (owned == null) {
      share();
      return;
    }
    long id = Thread.currentThread().threadId();
    int cell = Stripe.of(id, CELLS) * STRIDE;
    if (owned.getPlain(cell + OWNER) == id) {
      owned.setOpaque(cell, owned.getPlain(cell) + 1);
    } else {
      own(owned, cell);
    }
  }

  private void share() {
    shared.increment();
    if (shared.sum() >= WORTH_CELLS) {
      makeCells();
    }
  }

  void makeCells() {
    CELLS_OF.compareAndSet(this, null, new AtomicLongArray(CELLS * STRIDE));
  }

  private void own(AtomicLongArray owned, int cell) {
    Thread thread = Thread.currentThread();
    if (!thread.isVirtual() && owned.get(cell + OWNER) == 0) {
      owned.compareAndSet(cell + OWNER, 0, thread.threadId());
    }
    shared.increment();
  }

  long sum() {
    long sum = shared.sum();
    AtomicLongArray owned = cells;
    if (owned != null) {
      for (int cell = 0; cell < CELLS * STRIDE; cell += STRIDE) {
        sum += owned.get(cell);
      }
    }
    return sum;
  }
}
