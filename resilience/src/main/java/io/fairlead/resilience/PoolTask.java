package io.fairlead.resilience;

import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One call of a thread pool bulkhead. The future task sees to it that an interrupt reaches this
 * call and never the next one on the same thread.
 */
final class PoolTask<T> extends FutureTask<T> {
  private static final int WAITING = 0;
  private static final int STARTED = 1;
  private static final int RELEASED = 2;

  final Callable<T> callable;
  final CompletableFuture<T> result = new CompletableFuture<>();

  private final ThreadPoolBulkhead bulkhead;
  private final AtomicInteger phase;

  PoolTask(ThreadPoolBulkhead bulkhead, Callable<T> callable, long submittedNanos) {
    this(bulkhead, callable, submittedNanos, new AtomicInteger(WAITING));
  }

  private PoolTask(
      ThreadPoolBulkhead bulkhead, Callable<T> callable, long submittedNanos, AtomicInteger phase) {
    super(() -> measured(bulkhead, callable, submittedNanos, phase));
    this.bulkhead = bulkhead;
    this.callable = callable;
    this.phase = phase;
  }

  /** The place is free before the result is told, so that whoever waits for it finds the place. */
  private static <T> T measured(
      ThreadPoolBulkhead bulkhead, Callable<T> callable, long submittedNanos, AtomicInteger phase)
      throws Exception {
    if (!phase.compareAndSet(WAITING, STARTED)) {
      throw new CancellationException();
    }
    bulkhead.callStarted(submittedNanos);
    try {
      return callable.call();
    } finally {
      bulkhead.callEnded();
    }
  }

  /** Whoever ends the result from outside ends the call. */
  void cancelWithResult() {
    result.whenComplete(
        (value, failure) -> {
          if (!isDone() && cancel(true)) {
            bulkhead.leaveQueue(this);
          }
        });
  }

  /** Gives the place of a call back that will not start any more; once. */
  void releaseUnstarted() {
    if (phase.compareAndSet(WAITING, RELEASED)) {
      bulkhead.placeFree();
    }
  }

  @Override
  public void run() {
    try {
      super.run();
    } finally {
      // A call that was cancelled before has not passed through the measured part.
      releaseUnstarted();
    }
  }

  @Override
  protected void done() {
    if (isCancelled()) {
      result.cancel(true);
      return;
    }
    try {
      result.complete(get());
    } catch (ExecutionException e) {
      result.completeExceptionally(e.getCause());
    } catch (InterruptedException e) {
      throw new AssertionError("the task is done", e);
    }
  }
}
