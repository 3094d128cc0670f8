package io.fairlead.resilience;

import java.lang.System.Logger.Level;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import java.util.NavigableSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The synchronous calls under way that have a timeout, and the interrupt of those that are over it.
 * Safe for all threads, without locks; a call allocates nothing as long as a cell is free.
 *
 * <p>A call takes a cell near the place that its thread's number hashes to and frees it when it
 * returns, on a cache line that hardly any other thread uses. A platform thread keeps its cell for
 * the next call as long as it lives, so it takes it by a plain store; a virtual thread takes one
 * for the call, by compare-and-set. The call leaves its timeout in the cell and reads no clock:
 * {@link CoarseClock} looks at all cells every ten milliseconds, for timeouts below a second every
 * one, and turns each timeout that it sees for the first time into a deadline. So a call is never
 * interrupted early, and as late as that thread looks.
 *
 * <p>To interrupt a call the cell is taken over first: a call that returns at that moment waits
 * until the interrupt has arrived and swallows it, so no interrupt ever hits what the thread does
 * next. Where all cells near are taken, as by very many virtual threads, the call gets one on the
 * heap.
 */
final class RunningCalls {
  private static final System.Logger LOG = System.getLogger(RunningCalls.class.getName());
  private static final AtomicBoolean TOLD = new AtomicBoolean();

  /** No call has a deadline. */
  static final long NONE = Long.MAX_VALUE;

  /** Half of them for platform threads to keep, half for everybody. */
  private static final int CELLS = 256;

  private static final int PROBES = 8;

  /** Cells are a cache line and its neighbour apart, which processors fetch together. */
  private static final int STRIDE = 16;

  // What a cell holds: below zero the timeout of a call that has not been seen yet, above the
  // states its deadline.
  private static final long FREE = 0;
  private static final long TAKEN = 1;
  private static final long FIRING = 2;
  private static final long FIRED = 3;

  /** Kept by a thread that makes no call now. */
  private static final long IDLE = 4;

  private static final long LAST_STATE = IDLE;

  /** In the ticket of a call whose thread keeps its cell. */
  private static final int KEPT = 1;

  /** Deadlines in cells count from here, which makes them greater than the states. */
  private static final long ORIGIN = System.nanoTime() - (1L << 32);

  private static final AtomicLongArray STATES = new AtomicLongArray(CELLS * STRIDE);
  private static final AtomicReferenceArray<@Nullable Thread> THREADS =
      new AtomicReferenceArray<>(CELLS * STRIDE);

  private static final Map<Long, HeapCell> HEAP = new ConcurrentHashMap<>();
  private static final NavigableSet<HeapCell> HEAP_IN_ORDER = new ConcurrentSkipListSet<>();
  private static final AtomicLong HEAP_TICKETS = new AtomicLong();

  /** How many calls on the heap were interrupted and have not ended, by number of thread. */
  private static final Map<Long, Integer> LATE_ON_HEAP = new ConcurrentHashMap<>();

  /** A cell of a call that found none free; tickets are below zero. */
  private static final class HeapCell implements Comparable<HeapCell> {
    private static final Comparator<HeapCell> ORDER =
        Comparator.<HeapCell>comparingLong(cell -> cell.deadline)
            .thenComparingLong(cell -> cell.ticket);

    final long ticket;
    final long deadline;
    final Thread thread;
    final AtomicLong state = new AtomicLong(TAKEN);

    HeapCell(long ticket, long deadline, Thread thread) {
      this.ticket = ticket;
      this.deadline = deadline;
      this.thread = thread;
    }

    @Override
    public int compareTo(HeapCell other) {
      return ORDER.compare(this, other);
    }
  }

  private RunningCalls() {}

  /**
   * A ticket for the call that this thread begins now, which {@link #end} takes back.
   *
   * @param timeoutNanos after which it is interrupted, above 0
   */
  static long begin(long timeoutNanos) {
    Thread thread = Thread.currentThread();
    int cell = Stripe.of(thread.threadId(), CELLS / 2) * STRIDE;
    long ticket;
    if (THREADS.getPlain(cell) == thread && STATES.getPlain(cell) == IDLE) {
      // Nobody else writes an idle cell while its thread lives.
      STATES.setRelease(cell, -timeoutNanos);
      ticket = cell | KEPT;
    } else {
      ticket = take(thread, timeoutNanos);
    }
    CoarseClock.wake(timeoutNanos);
    return ticket;
  }

  private static long take(Thread thread, long timeoutNanos) {
    int half = CELLS / 2;
    int first = Stripe.of(thread.threadId(), half);
    if (!thread.isVirtual() && take(first * STRIDE, thread, timeoutNanos)) {
      return first * STRIDE | KEPT;
    }
    for (int probe = 0; probe < PROBES; probe++) {
      int cell = (half + (first + probe & half - 1)) * STRIDE;
      if (take(cell, thread, timeoutNanos)) {
        return cell;
      }
    }
    return beginOnHeap(System.nanoTime() - ORIGIN + timeoutNanos, thread);
  }

  private static boolean take(int cell, Thread thread, long timeoutNanos) {
    if (STATES.get(cell) != FREE || !STATES.compareAndSet(cell, FREE, TAKEN)) {
      return false;
    }
    THREADS.setPlain(cell, thread);
    STATES.setRelease(cell, -timeoutNanos);
    return true;
  }

  private static long beginOnHeap(long deadline, Thread thread) {
    var cell = new HeapCell(HEAP_TICKETS.decrementAndGet(), deadline, thread);
    HEAP.put(cell.ticket, cell);
    HEAP_IN_ORDER.add(cell);
    return cell.ticket;
  }

  /**
   * The call is over; tells whether it was interrupted for its timeout. Unless the call consumed
   * that interrupt, this does.
   */
  static boolean end(long ticket) {
    if (ticket < 0) {
      return endOnHeap(ticket);
    }
    int cell = (int) ticket & ~KEPT;
    long after = (ticket & KEPT) == 0 ? FREE : IDLE;
    while (true) {
      long state = STATES.get(cell);
      if (state == FIRED) {
        STATES.set(cell, after);
        swallowInterrupt();
        return true;
      }
      if (state == FIRING) {
        Thread.onSpinWait();
      } else if (STATES.compareAndSet(cell, state, after)) {
        return false;
      }
    }
  }

  private static boolean endOnHeap(long ticket) {
    HeapCell cell = HEAP.remove(ticket);
    if (cell == null) {
      throw new IllegalStateException("ticket " + ticket + ": ended before");
    }
    HEAP_IN_ORDER.remove(cell);
    if (cell.state.compareAndSet(TAKEN, FREE)) {
      return false;
    }
    while (cell.state.get() != FIRED) {
      Thread.onSpinWait();
    }
    LATE_ON_HEAP.computeIfPresent(
        cell.thread.threadId(), (thread, late) -> late == 1 ? null : late - 1);
    swallowInterrupt();
    return true;
  }

  /** An interrupt for a call around the one that ended is still to reach that. */
  private static void swallowInterrupt() {
    Thread.interrupted();
    Thread thread = Thread.currentThread();
    if (late(thread) > 0) {
      thread.interrupt();
    }
  }

  /** Interrupts every call that is over its timeout, and begins the time of those it finds new. */
  static void look(long nanos) {
    long now = nanos - ORIGIN;
    for (int cell = 0; cell < CELLS * STRIDE; cell += STRIDE) {
      long state = STATES.get(cell);
      if (state < FREE) {
        STATES.compareAndSet(cell, state, now - state);
      } else if (state > LAST_STATE && state <= now && STATES.compareAndSet(cell, state, FIRING)) {
        interrupt(THREADS.get(cell));
        STATES.set(cell, FIRED);
      }
    }
    for (HeapCell cell : HEAP_IN_ORDER) {
      if (cell.deadline > now) {
        return;
      }
      HEAP_IN_ORDER.remove(cell);
      if (cell.state.compareAndSet(TAKEN, FIRING)) {
        LATE_ON_HEAP.merge(cell.thread.threadId(), 1, Integer::sum);
        interrupt(cell.thread);
        cell.state.set(FIRED);
      }
    }
  }

  /** What threads and channels of users do at an interrupt may throw, and must end nobody else. */
  private static void interrupt(Thread thread) {
    try {
      thread.interrupt();
    } catch (Throwable e) {
      if (!TOLD.getAndSet(true)) {
        LOG.log(Level.WARNING, "a thread over its timeout could not be interrupted", e);
      }
    }
  }

  /** The earliest deadline of the calls that {@link #look} has seen, or {@link #NONE}. */
  static long earliestDeadline() {
    long earliest = NONE;
    for (int cell = 0; cell < CELLS * STRIDE; cell += STRIDE) {
      long state = STATES.get(cell);
      if (state > LAST_STATE) {
        earliest = Math.min(earliest, state);
      }
    }
    Iterator<HeapCell> inOrder = HEAP_IN_ORDER.iterator();
    if (inOrder.hasNext()) {
      earliest = Math.min(earliest, inOrder.next().deadline);
    }
    return earliest == NONE ? NONE : earliest + ORIGIN;
  }

  /** Calls of this thread that were interrupted for their timeouts and have not ended. */
  static int late(Thread thread) {
    int late = LATE_ON_HEAP.getOrDefault(thread.threadId(), 0);
    for (int cell = 0; cell < CELLS * STRIDE; cell += STRIDE) {
      long state = STATES.get(cell);
      if ((state == FIRED || state == FIRING) && THREADS.get(cell) == thread) {
        late++;
      }
    }
    return late;
  }

  /** Lets go of threads that are gone, or that ended a call in a cell that they do not keep. */
  static void forgetThreads() {
    for (int cell = 0; cell < CELLS * STRIDE; cell += STRIDE) {
      long state = STATES.get(cell);
      Thread thread = THREADS.get(cell);
      if (thread == null) {
        continue;
      }
      boolean over = state == FREE || state == IDLE && !thread.isAlive();
      if (over && STATES.compareAndSet(cell, state, TAKEN)) {
        THREADS.setPlain(cell, null);
        STATES.set(cell, FREE);
      }
    }
  }
}
