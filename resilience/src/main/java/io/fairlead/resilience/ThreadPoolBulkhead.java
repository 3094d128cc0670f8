package io.fairlead.resilience;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Runs calls on threads of its own, so that a slow dependency holds these threads and no others.
 * Safe for all threads.
 *
 * <p>The threads are daemons named {@code bulkhead-NAME-N}. A call beyond the threads waits in a
 * bounded queue, first come first served; beyond that it is rejected at once. Thread locals of the
 * caller are not seen by the call. Where only the number of calls matters, {@link Bulkhead} does it
 * without threads.
 */
public final class ThreadPoolBulkhead implements Policy, AutoCloseable {
  /** How long {@link #close()} waits before it interrupts. */
  private static final Duration CLOSE_WAIT = Duration.ofSeconds(10);

  /** What interrupted calls get to end. */
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final System.Logger LOG = System.getLogger(ThreadPoolBulkhead.class.getName());

  private final String name;
  private final Ticker ticker;
  private final BulkheadFullException full;
  private final BulkheadClosedException closed;
  private final ThreadPoolExecutor executor;

  /** Calls let in and not ended; bounds the queue, which is itself unbounded. */
  private final AtomicInteger admitted = new AtomicInteger();

  private final AtomicInteger running = new AtomicInteger();
  private final LongAdder started = new LongAdder();
  private final LongAdder rejected = new LongAdder();
  private final LongAdder queueNanos = new LongAdder();
  private final AtomicLong longestQueueNanos = new AtomicLong();
  private final ReentrantLock reconfiguring = new ReentrantLock();
  private volatile ThreadPoolBulkheadSettings settings;

  /** An empty bulkhead on the clock of this process; threads start with the calls. */
  public ThreadPoolBulkhead(String name, ThreadPoolBulkheadSettings settings) {
    this(name, settings, Ticker.system());
  }

  /** An empty bulkhead. The ticker only measures how long calls wait for a thread. */
  public ThreadPoolBulkhead(String name, ThreadPoolBulkheadSettings settings, Ticker ticker) {
    this.name = name;
    this.settings = settings;
    this.ticker = ticker;
    full = new BulkheadFullException(name);
    closed = new BulkheadClosedException(name);
    ThreadFactory threads =
        Thread.ofPlatform().name("bulkhead-" + name + "-", 1).daemon().factory();
    executor =
        new ThreadPoolExecutor(
            settings.maxThreads(),
            settings.maxThreads(),
            settings.keepAlive().toNanos(),
            TimeUnit.NANOSECONDS,
            // Bounded by the calls let in, so that its capacity can change while it is in use.
            new LinkedBlockingQueue<>(),
            threads);
    executor.allowCoreThreadTimeOut(true);
  }

  /**
   * Has the call made on a thread of this bulkhead. What it throws is the failure of the stage. If
   * the stage ends otherwise, by {@code toCompletableFuture().cancel} or a timeout, the call leaves
   * the queue or is interrupted.
   *
   * @throws BulkheadFullException if all threads and the queue are taken; it is shared and has no
   *     stack trace
   * @throws BulkheadClosedException if the bulkhead is closed; as before
   */
  public <T> CompletionStage<T> submit(Callable<T> callable) {
    return start(callable).result;
  }

  /**
   * Has the call made on a thread of this bulkhead and waits for it. What it throws comes out as it
   * is.
   *
   * @throws InterruptedException if interrupted while waiting; the call is interrupted too
   * @throws BulkheadFullException as {@link #submit}
   * @throws BulkheadClosedException as {@link #submit}, or if closed before the call got a thread
   */
  public <T> T call(Callable<T> callable) throws Exception {
    CompletableFuture<T> result = start(callable).result;
    try {
      return result.get();
    } catch (ExecutionException e) {
      throw switch (e.getCause()) {
        case Exception cause -> cause;
        case Error error -> throw error;
        case null, default -> e;
      };
    } finally {
      // Has an effect only if this thread was interrupted, or ran out of stack or memory.
      result.cancel(true);
    }
  }

  @Override
  public String name() {
    return name;
  }

  /** Whether no call runs or waits. */
  @Override
  public boolean isAtRest() {
    return admitted.get() == 0;
  }

  /** The settings in force. */
  public ThreadPoolBulkheadSettings settings() {
    return settings;
  }

  /**
   * Puts other settings in force. Calls that run or wait go on, also when they are now too many;
   * threads above a lowered maximum end with their call.
   */
  public void reconfigure(ThreadPoolBulkheadSettings other) {
    reconfiguring.lock();
    try {
      settings = other;
      executor.setKeepAliveTime(other.keepAlive().toNanos(), TimeUnit.NANOSECONDS);
      // The maximum may never be below the core.
      if (other.maxThreads() > executor.getMaximumPoolSize()) {
        executor.setMaximumPoolSize(other.maxThreads());
        executor.setCorePoolSize(other.maxThreads());
      } else {
        executor.setCorePoolSize(other.maxThreads());
        executor.setMaximumPoolSize(other.maxThreads());
      }
    } finally {
      reconfiguring.unlock();
    }
  }

  /** What this bulkhead knows now. */
  public ThreadPoolBulkheadSnapshot snapshot() {
    ThreadPoolBulkheadSettings now = settings;
    int busy = running.get();
    return new ThreadPoolBulkheadSnapshot(
        name,
        now.maxThreads(),
        now.queueCapacity(),
        busy,
        Math.max(0, admitted.get() - busy),
        started.sum(),
        rejected.sum(),
        queueNanos.sum(),
        longestQueueNanos.get());
  }

  /** As {@link #closeWithin} with 10 s; what was left undone is logged. */
  @Override
  public void close() {
    ClosedThreadPool left = closeWithin(CLOSE_WAIT);
    if (!left.clean()) {
      LOG.log(
          Level.WARNING,
          "bulkhead {0} closed: {1} calls were not run, {2} ignore their interrupt",
          name,
          left.notRun().size(),
          left.stillRunning());
    }
  }

  /**
   * Lets nothing more in and waits this long for the calls that were let in. Then those that run
   * are interrupted and get another second; those that wait for a thread are given back. An
   * interrupt of the caller ends the waits and stays set. Not to be called by a call that runs
   * here, which would wait for itself.
   */
  public ClosedThreadPool closeWithin(Duration wait) {
    Require.notNegative("wait", wait);
    executor.shutdown();
    if (await(wait.toNanos())) {
      return new ClosedThreadPool(List.of(), 0);
    }
    List<Callable<?>> notRun = new ArrayList<>();
    for (Runnable runnable : executor.shutdownNow()) {
      var task = (PoolTask<?>) runnable;
      notRun.add(task.callable);
      task.releaseUnstarted();
      task.result.completeExceptionally(closed);
    }
    await(GRACE_NANOS);
    return new ClosedThreadPool(notRun, running.get());
  }

  @Override
  public String toString() {
    ThreadPoolBulkheadSnapshot now = snapshot();
    return "thread pool bulkhead %s: %d of %d threads in use, %d of %d queued, %d rejected"
        .formatted(
            name,
            now.running(),
            now.maxThreads(),
            now.queued(),
            now.queueCapacity(),
            now.rejectedCalls());
  }

  private <T> PoolTask<T> start(Callable<T> callable) {
    if (executor.isShutdown()) {
      rejected.increment();
      throw closed;
    }
    if (!admit()) {
      rejected.increment();
      throw full;
    }
    PoolTask<T> task = null;
    boolean taken = false;
    try {
      task = new PoolTask<>(this, callable, ticker.nanos());
      executor.execute(task);
      taken = true;
    } catch (RejectedExecutionException e) {
      rejected.increment();
      throw closed;
    } finally {
      // Also when no thread could be started: an OutOfMemoryError may not cost a place.
      if (task == null) {
        placeFree();
      } else if (!taken) {
        task.cancel(false);
        leaveQueue(task);
        task.releaseUnstarted();
      }
    }
    task.cancelWithResult();
    return task;
  }

  private boolean admit() {
    while (true) {
      ThreadPoolBulkheadSettings now = settings;
      int present = admitted.get();
      if (present >= now.maxThreads() + now.queueCapacity()) {
        return false;
      }
      if (admitted.compareAndSet(present, present + 1)) {
        return true;
      }
    }
  }

  void placeFree() {
    admitted.decrementAndGet();
  }

  void leaveQueue(PoolTask<?> task) {
    if (executor.remove(task)) {
      task.releaseUnstarted();
    }
  }

  void callStarted(long submittedNanos) {
    long waited = Math.max(0, ticker.nanos() - submittedNanos);
    running.incrementAndGet();
    started.increment();
    queueNanos.add(waited);
    longestQueueNanos.accumulateAndGet(waited, Math::max);
  }

  void callEnded() {
    running.decrementAndGet();
    placeFree();
  }

  private boolean await(long nanos) {
    boolean interrupted = Thread.interrupted();
    try {
      return executor.awaitTermination(interrupted ? 0 : nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
      return executor.isTerminated();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
