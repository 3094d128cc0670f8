package io.fairlead.resilience;

import java.lang.invoke.VarHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets a number of calls run at a time, so that one slow dependency cannot take every thread or
 * connection. Safe for all threads, without locks; a call that need not wait allocates nothing.
 *
 * <p>{@link #tryAcquire()} never waits and suits event loops. {@link #acquire()} waits up to the
 * configured time; whoever comes just when a call ends may pass those that wait. Each permit that
 * is not below zero is given back once by {@link #release}, on any thread.
 */
public final class Bulkhead implements Policy {
  /** What {@link #tryAcquire()} and {@link #acquire()} return for a call that may not run. */
  public static final long REJECTED = Places.NONE;

  private final String name;
  private final Ticker ticker;
  private final BulkheadFullException rejection;
  private final AtomicInteger waiting = new AtomicInteger();

  /** Those who wait, at most as many as {@link #waiting} counts; the head is woken first. */
  private final ConcurrentLinkedQueue<Thread> waiters = new ConcurrentLinkedQueue<>();

  private final Tally rejected = new Tally();
  private volatile Places places;

  /** Whether calls may wait by these settings or may have begun to by earlier ones. */
  private volatile boolean mayWait;

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
    places = new Places(settings.maxConcurrentCalls());
    mayWait = mayWait(settings);
    rejection = new BulkheadFullException(name);
  }

  /** A permit if the call may run now, or {@link #REJECTED}; it never waits. */
  public long tryAcquire() {
    long permit = take();
    if (permit < 0) {
      rejected.increment();
    }
    return permit;
  }

  /**
   * A permit if the call may run, now or within the configured wait, or {@link #REJECTED}.
   *
   * @throws InterruptedException if interrupted while waiting; the call may not run
   */
  public long acquire() throws InterruptedException {
    long permit = take();
    return permit < 0 ? waitForTurn() : permit;
  }

  /** A place of the settings in force: of those that were replaced meanwhile it goes back. */
  private long take() {
    while (true) {
      Places now = places;
      long permit = now.take();
      if (now == places) {
        return permit;
      }
      if (permit >= 0) {
        now.giveBack(permit);
      }
    }
  }

  private long waitForTurn() throws InterruptedException {
    long wait = settings.maxWait().toNanos();
    if (wait > 0 && joinQueue()) {
      long permit = await(ticker.nanos() + wait);
      if (permit >= 0) {
        return permit;
      }
    }
    rejected.increment();
    return REJECTED;
  }

  /**
   * The call has ended.
   *
   * @throws IllegalStateException if the permit is none, or was given back before
   */
  public void release(long permit) {
    if (!places.giveBack(permit)) {
      throw new IllegalStateException("bulkhead " + name + ": released more often than acquired");
    }
    if (mayWait) {
      // Whoever waits joins the queue before looking for a place; so one of both sees the other.
      VarHandle.fullFence();
      wakeHead();
    }
  }

  /**
   * Makes the call when its turn has come.
   *
   * @throws BulkheadFullException if it did not come; it is shared and has no stack trace
   */
  public <T> T call(Callable<T> callable) throws Exception {
    long permit = acquire();
    if (permit < 0) {
      throw rejection;
    }
    try {
      return callable.call();
    } finally {
      release(permit);
    }
  }

  BulkheadFullException rejection() {
    return rejection;
  }

  @Override
  public String name() {
    return name;
  }

  /** Whether no call runs or waits. */
  @Override
  public boolean isAtRest() {
    return inUse() == 0 && waiting.get() == 0;
  }

  /** Calls that run now. */
  public int inUse() {
    return places.taken();
  }

  /** The settings in force. */
  public BulkheadSettings settings() {
    return settings;
  }

  /** Puts other settings in force; running calls go on, also when they are now too many. */
  public synchronized void reconfigure(BulkheadSettings other) {
    mayWait |= mayWait(other);
    settings = other;
    places = places.resized(other.maxConcurrentCalls());
    wakeHead();
  }

  private static boolean mayWait(BulkheadSettings settings) {
    return !settings.maxWait().isZero() && settings.maxWaitingCalls() > 0;
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

  private boolean joinQueue() {
    while (true) {
      int present = waiting.get();
      if (present >= settings.maxWaitingCalls()) {
        return false;
      }
      if (waiting.compareAndSet(present, present + 1)) {
        return true;
      }
    }
  }

  /** Every way out wakes the next one, since the wake-up of this thread may have been for it. */
  private long await(long untilNanos) throws InterruptedException {
    try {
      waiters.add(Thread.currentThread());
      while (true) {
        long permit = take();
        if (permit >= 0) {
          return permit;
        }
        long remaining = untilNanos - ticker.nanos();
        if (remaining <= 0) {
          return REJECTED;
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
    if (waiting.get() > 0 && inUse() < settings.maxConcurrentCalls()) {
      Thread head = waiters.peek();
      if (head != null) {
        LockSupport.unpark(head);
      }
    }
  }
}
