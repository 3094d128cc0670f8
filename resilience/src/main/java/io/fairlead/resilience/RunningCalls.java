package io.fairlead.resilience;

import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The synchronous calls under way that have a timeout, and the interrupt of those that are over it.
 * Safe for all threads, without locks; a call allocates nothing as long as a cell is free.
 *
 * <p>A call takes a cell near the place that its thread's number hashes to and frees it when it
 * returns, each by one compare-and-set on a cache line that hardly any other thread uses. The cell
 * holds the deadline, so whoever keeps the time finds overdue calls by looking at all cells. To
 * interrupt one it takes the cell over first: a call that returns at that moment waits until the
 * interrupt has arrived and swallows it, so no interrupt ever hits what the thread does next. Where
 * all cells near are taken, as by very many virtual threads, the call gets one on the heap.
 */
final class RunningCalls {
  /** No call has a deadline. */
  static final long NONE = Long.MAX_VALUE;

  private static final int CELLS = 256;
  private static final int PROBES = 8;

  /** Cells are a cache line and its neighbour apart, which processors fetch together. */
  private static final int STRIDE = 16;

  private static final long FREE = 0;
  private static final long TAKEN = 1;
  private static final long FIRING = 2;
  private static final long FIRED = 3;

  /** Deadlines in cells count from here, which makes them greater than the states. */
  private static final long ORIGIN = System.nanoTime() - (1L << 32);

  private static final AtomicLongArray STATES = new AtomicLongArray(CELLS * STRIDE);
  private static final AtomicReferenceArray<Thread> THREADS =
      new AtomicReferenceArray<>(CELLS * STRIDE);

  private static final ConcurrentNavigableMap<HeapKey, HeapCell> HEAP =
      new ConcurrentSkipListMap<>(
          Comparator.comparingLong(HeapKey::deadline).thenComparingLong(HeapKey::ticket));
  private static final AtomicLong HEAP_TICKETS = new AtomicLong();

  private record HeapKey(long deadline, long ticket) {}

  /** A cell of a call that found none free. */
  private static final class HeapCell extends AtomicLong {
    private static final long serialVersionUID = 1;
    private final transient Thread thread;

    HeapCell(long deadline, Thread thread) {
      super(deadline);
      this.thread = thread;
    }
  }

  private RunningCalls() {}

  /** A ticket for the call that this thread begins now, which {@link #end} takes back. */
  static long begin(long deadlineNanos) {
    Thread thread = Thread.currentThread();
    long deadline = inCell(deadlineNanos);
    int first = Stripe.of(thread.threadId(), CELLS);
    for (int probe = 0; probe < PROBES; probe++) {
      int cell = (first + probe & CELLS - 1) * STRIDE;
      if (STATES.get(cell) == FREE && STATES.compareAndSet(cell, FREE, TAKEN)) {
        if (THREADS.getPlain(cell) != thread) {
          THREADS.setPlain(cell, thread);
        }
        STATES.setRelease(cell, deadline);
        return cell;
      }
    }
    long ticket = HEAP_TICKETS.decrementAndGet();
    HEAP.put(new HeapKey(deadline, ticket), new HeapCell(deadline, thread));
    return ticket;
  }

  private static long inCell(long deadlineNanos) {
    return Math.max(deadlineNanos - ORIGIN, FIRED + 1);
  }

  /**
   * The call is over; tells whether it was interrupted for its deadline. Unless the call consumed
   * that interrupt, this does.
   */
  static boolean end(long ticket, long deadlineNanos) {
    if (ticket < 0) {
      return endOnHeap(new HeapKey(inCell(deadlineNanos), ticket));
    }
    int cell = (int) ticket;
    long state = STATES.get(cell);
    if (state > FIRED && STATES.compareAndSet(cell, state, FREE)) {
      return false;
    }
    while (STATES.get(cell) != FIRED) {
      Thread.onSpinWait();
    }
    Thread.interrupted();
    STATES.set(cell, FREE);
    return true;
  }

  private static boolean endOnHeap(HeapKey key) {
    HeapCell cell = HEAP.remove(key);
    if (cell != null && cell.compareAndSet(key.deadline, FREE)) {
      return false;
    }
    // Whoever interrupts takes the cell away afterwards.
    while (cell != null && cell.get() != FIRED) {
      Thread.onSpinWait();
    }
    Thread.interrupted();
    return true;
  }

  /** Interrupts every call whose deadline is not after this moment. */
  static void interruptOverdue(long nanos) {
    long now = nanos - ORIGIN;
    for (int cell = 0; cell < CELLS * STRIDE; cell += STRIDE) {
      long state = STATES.get(cell);
      if (state > FIRED && state <= now && STATES.compareAndSet(cell, state, FIRING)) {
        THREADS.get(cell).interrupt();
        STATES.set(cell, FIRED);
      }
    }
    for (Map.Entry<HeapKey, HeapCell> entry : HEAP.entrySet()) {
      if (entry.getKey().deadline > now) {
        break;
      }
      HeapCell cell = entry.getValue();
      if (cell.compareAndSet(entry.getKey().deadline, FIRING)) {
        cell.thread.interrupt();
        cell.set(FIRED);
        HEAP.remove(entry.getKey());
      }
    }
  }

  /** The earliest deadline of all calls under way, or {@link #NONE}. */
  static long earliestDeadline() {
    long earliest = NONE;
    for (int cell = 0; cell < CELLS * STRIDE; cell += STRIDE) {
      long state = STATES.get(cell);
      if (state > FIRED) {
        earliest = Math.min(earliest, state);
      }
    }
    Map.Entry<HeapKey, HeapCell> first = HEAP.firstEntry();
    if (first != null) {
      earliest = Math.min(earliest, first.getKey().deadline);
    }
    return earliest == NONE ? NONE : earliest + ORIGIN;
  }

  /** Lets go of the threads that ended a call and may be gone. */
  static void forgetThreads() {
    for (int cell = 0; cell < CELLS * STRIDE; cell += STRIDE) {
      if (STATES.get(cell) == FREE && STATES.compareAndSet(cell, FREE, TAKEN)) {
        THREADS.setPlain(cell, null);
        STATES.set(cell, FREE);
      }
    }
  }
}
