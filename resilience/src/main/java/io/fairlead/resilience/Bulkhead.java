package io.fairlead.resilience;

import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets a number of calls run at a time, so that one slow dependency cannot take every thread or
 * connection. Safe for all threads, without locks; a call that need not wait allocates nothing.
 *
 * <p>{@link #tryAcquire()} never waits and suits event loops. {@link #acquire()} waits up to the
 * configured time; whoever comes just when a call ends may pass those that wait. Each success of
 * either is followed by one {@link #release()}, on any thread.
 */
public final class Bulkhead {
  private final String name;
  private final Ticker ticker;
  private final BulkheadFullException rejection;
  private final AtomicInteger inUse = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();

  /** Those who wait, at most as many as {@link #waiting} counts; the head is woken first. */
  private final ConcurrentLinkedQueue<Thread> waiters = new ConcurrentLinkedQueue<>();

  private final LongAdder rejected = new LongAdder();
  private volatile BulkheadSettings settings;

  /** An empty bulkhead on the clock of this process. */
  public Bulkhead(String name, BulkheadSettings settings) {
    this(name, settings, Ticker.system());
  }

  /** An empty bulkhead. The name appears in messages and snapshots. */
  public Bulkhead(String name, BulkheadSettings settings, Ticker ticker) {
    this.name = name;
    this.settings = settings;
    this.ticker = ticker;
    rejection = new BulkheadFullException(name);
  }

  /** Whether the call may run now; it never waits. */
  public boolean tryAcquire() {
    if (take()) {
      return true;
    }
    rejected.increment();
    return false;
  }

  /**
   * Whether the call may run, now or within the configured wait.
   *
   * @throws InterruptedException if interrupted while waiting; the call may not run
   */
  public boolean acquire() throws InterruptedException {
    if (take()) {
      return true;
    }
    long wait = settings.maxWait().toNanos();
    if (wait > 0 && joinQueue() && await(ticker.nanos() + wait)) {
      return true;
    }
    rejected.increment();
    return false;
  }

  /**
   * The call has ended.
   *
   * @throws IllegalStateException if no call is running, so one was released twice
   */
  public void release() {
    if (inUse.getAndDecrement() <= 0) {
      inUse.getAndIncrement();
      throw new IllegalStateException("bulkhead " + name + ": released more often than acquired");
    }
    wakeHead();
  }

  /**
   * Makes the call when its turn has come.
   *
   * @throws BulkheadFullException if it did not come; it is shared and has no stack trace
   */
  public <T> T call(Callable<T> callable) throws Exception {
    if (!acquire()) {
      throw rejection;
    }
    try {
      return callable.call();
    } finally {
      release();
    }
  }

  /** Calls that run now. */
  public int inUse() {
    return Math.max(0, inUse.get());
  }

  /** The settings in force. */
  public BulkheadSettings settings() {
    return settings;
  }

  /** Puts other settings in force; running calls go on, also when they are now too many. */
  public void reconfigure(BulkheadSettings other) {
    settings = other;
    wakeHead();
  }

  /** What this bulkhead knows now. */
  public BulkheadSnapshot snapshot() {
    return new BulkheadSnapshot(
        name, settings.maxConcurrentCalls(), inUse(), waiting.get(), rejected.sum());
  }

  @Override
  public String toString() {
    BulkheadSnapshot now = snapshot();
    return "bulkhead %s: %d of %d in use, %d waiting, %d rejected"
        .formatted(name, now.inUse(), now.maxConcurrentCalls(), now.waiting(), now.rejectedCalls());
  }

  private boolean take() {
    while (true) {
      int used = inUse.get();
      if (used >= settings.maxConcurrentCalls()) {
        return false;
      }
      if (inUse.compareAndSet(used, used + 1)) {
        return true;
      }
    }
  }

  private boolean joinQueue() {
    while (true) {
      int present = waiting.get();
      if (present >= settings.maxWaitingCalls()) {
        return false;
      }
      if (waiting.compareAndSet(present, present + 1)) {
        waiters.add(Thread.currentThread());
        return true;
      }
    }
  }

  /** Every way out wakes the next one, since the wake-up of this thread may have been for it. */
  private boolean await(long untilNanos) throws InterruptedException {
    try {
      while (true) {
        if (take()) {
          return true;
        }
        long remaining = untilNanos - ticker.nanos();
        if (remaining <= 0) {
          return false;
        }
        LockSupport.parkNanos(this, remaining);
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
      }
    } finally {
      waiters.remove(Thread.currentThread());
      waiting.decrementAndGet();
      wakeHead();
    }
  }

  private void wakeHead() {
    if (waiting.get() > 0 && inUse.get() < settings.maxConcurrentCalls()) {
      Thread head = waiters.peek();
      if (head != null) {
        LockSupport.unpark(head);
      }
    }
  }
}
