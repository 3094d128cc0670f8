package io.fairlead.resilience;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes what is within it again as its {@link Retry} and the meaning of the outcome say. A try that
 * could not begin before the deadline of the call is not waited for.
 */
final class Repeat<T> implements Step<T> {
  private final Retry retry;
  private final Meaning<T> meaning;
  private final Step<T> inner;

  Repeat(Retry retry, Meaning<T> meaning, Step<T> inner) {
    this.retry = retry;
    this.meaning = meaning;
    this.inner = inner;
  }

  @Override
  public Step<T> inner() {
    return inner;
  }

  @Override
  public T call(Callable<? extends T> work) throws Exception {
    retry.started();
    T result;
    try {
      result = inner.call(work);
    } catch (Exception e) {
      return again(work, e);
    }
    return meaning.isRetried(result) ? again(work, result) : result;
  }

  private T again(Callable<? extends T> work, Exception failure) throws Exception {
    long wait = waitAfter(failure, 0, threadLeft());
    if (wait == Retry.STOP) {
      throw failure;
    }
    return repeat(work, wait, failure);
  }

  private T again(Callable<? extends T> work, T result) throws Exception {
    long wait = retry.nextWait(0, threadLeft());
    return wait == Retry.STOP ? result : repeat(work, wait, null);
  }

  /** All tries but the first. */
  private T repeat(Callable<? extends T> work, long firstWait, @Nullable Exception first)
      throws Exception {
    long wait = firstWait;
    Exception failure = first;
    for (int retriesMade = 1; ; retriesMade++) {
      sleep(wait, failure);
      try {
        T result = inner.call(work);
        failure = null;
        wait = meaning.isRetried(result) ? retry.nextWait(retriesMade, threadLeft()) : Retry.STOP;
        if (wait == Retry.STOP) {
          return result;
        }
      } catch (Exception e) {
        failure = e;
        wait = waitAfter(e, retriesMade, threadLeft());
        if (wait == Retry.STOP) {
          throw e;
        }
      }
    }
  }

  /** A test that throws ends the tries with the failure it was asked about. */
  private long waitAfter(Throwable failure, int retriesMade, long leftNanos) {
    try {
      return meaning.waitAfter(failure, retry, retriesMade, leftNanos);
    } catch (Throwable e) {
      Stages.suppress(failure, e);
      return Retry.STOP;
    }
  }

  private void sleep(long wait, @Nullable Exception failure) throws InterruptedException {
    try {
      retry.sleep(wait);
    } catch (InterruptedException e) {
      if (failure != null) {
        e.addSuppressed(failure);
      }
      throw e;
    }
  }

  private static long threadLeft() {
    Deadline deadline = Deadline.ofThread();
    return deadline == null ? Long.MAX_VALUE : deadline.remainingNanos(Ticker.system());
  }

  @Override
  public CompletionStage<T> callAsync(Supplier<? extends CompletionStage<T>> work, Until until) {
    retry.started();
    var run = new AsyncRun(work, until);
    run.attempt();
    return run.result;
  }

  /** The tries of one asynchronous call, one after the other. */
  private final class AsyncRun {
    private final Supplier<? extends CompletionStage<T>> work;
    private final Until until;
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private int retriesMade;

    AsyncRun(Supplier<? extends CompletionStage<T>> work, Until until) {
      this.work = work;
      this.until = until;
    }

    void attempt() {
      try {
        CompletionStage<T> stage = inner.callAsync(work, until);
        Stages.cancelWith(result, stage);
        stage.whenComplete(this::ended);
      } catch (Throwable e) {
        result.completeExceptionally(e);
      }
    }

    private void ended(T value, @Nullable Throwable wrapped) {
      if (wrapped == null) {
        succeeded(value);
        return;
      }
      Throwable failure = Stages.cause(wrapped);
      long wait = waitAfter(failure, retriesMade, until.leftNanos());
      if (wait == Retry.STOP) {
        result.completeExceptionally(failure);
      } else {
        again(wait);
      }
    }

    private void succeeded(T value) {
      try {
        long wait =
            meaning.isRetried(value) ? retry.nextWait(retriesMade, until.leftNanos()) : Retry.STOP;
        if (wait == Retry.STOP) {
          result.complete(value);
        } else {
          again(wait);
        }
      } catch (Throwable e) {
        result.completeExceptionally(e);
      }
    }

    private void again(long wait) {
      retriesMade++;
      CompletableFuture<Boolean> timer =
          Stages.timer(
              wait,
              () -> {
                if (!result.isDone()) {
                  attempt();
                }
              });
      result.whenComplete((value, failure) -> timer.complete(false));
    }
  }
}
