package io.fairlead.resilience;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * Ends calls that take too long. Safe for all threads, without locks; a call that is in time
 * allocates nothing.
 *
 * <p>A synchronous call runs on the thread of its caller and is interrupted when its time is over,
 * never before, and at most some 1 % or 2 ms after. It ends when it reacts to that, which every
 * blocking call of the JDK does; one that computes without end, or swallows the interrupt, cannot
 * be ended by anybody, and its caller waits for it. Either way the caller gets a {@link
 * CallTimeoutException}. An interrupt that somebody else sends at the moment of the timeout cannot
 * be told from it.
 */
public final class Timeout implements Policy {
  private final String name;
  private final LongAdder timedOut = new LongAdder();
  private volatile Duration limit;
  private volatile long nanos;

  /**
   * @param limit how long a call may take, above 0
   */
  public Timeout(String name, Duration limit) {
    Require.positive("limit", limit);
    this.name = name;
    this.limit = limit;
    nanos = limit.toNanos();
  }

  /**
   * Makes the call.
   *
   * @throws CallTimeoutException if it was not over in time, whatever it returned or threw, except
   *     that an {@link Error} comes out as it is
   */
  public <T> T call(Callable<? extends T> callable) throws Exception {
    return call(callable, nanos);
  }

  /** As {@link #call(Callable)} with less time. */
  <T> T call(Callable<? extends T> callable, long timeoutNanos) throws Exception {
    long ticket = RunningCalls.begin(timeoutNanos);
    T result;
    try {
      result = callable.call();
    } catch (Throwable e) {
      if (RunningCalls.end(ticket)) {
        throw timedOut(e);
      }
      throw e;
    }
    if (RunningCalls.end(ticket)) {
      throw timedOut();
    }
    return result;
  }

  /**
   * Makes the call. When its time is over, the returned stage fails with a {@link
   * CallTimeoutException} and the call's own stage is cancelled.
   */
  public <T> CompletionStage<T> callAsync(Supplier<? extends CompletionStage<T>> call) {
    return callAsync(call, nanos);
  }

  /** As {@link #callAsync(Supplier)} with less time, or none. */
  <T> CompletionStage<T> callAsync(Supplier<? extends CompletionStage<T>> call, long timeoutNanos) {
    if (timeoutNanos <= 0) {
      return CompletableFuture.failedFuture(timedOut());
    }
    CompletionStage<T> stage = Stages.begin(call);
    var result = new CompletableFuture<T>();
    CompletableFuture<Boolean> timer =
        Stages.timer(
            timeoutNanos,
            () -> {
              if (!result.isDone() && result.completeExceptionally(timedOut())) {
                Stages.cancel(stage);
              }
            });
    stage.whenComplete(
        (value, failure) -> {
          timer.complete(false);
          Stages.complete(result, value, failure);
        });
    Stages.cancelWith(result, stage);
    return result;
  }

  /** An exception for a call that came back late; counts it. */
  CallTimeoutException timedOut() {
    timedOut.increment();
    return new CallTimeoutException(name, limit);
  }

  /** As {@link #timedOut()}, because of what the interrupted call threw. */
  CallTimeoutException timedOut(Throwable cause) {
    CallTimeoutException exception = timedOut();
    if (cause instanceof Error error) {
      throw error;
    }
    exception.initCause(cause);
    return exception;
  }

  long nanos() {
    return nanos;
  }

  @Override
  public String name() {
    return name;
  }

  /** Always: between calls it knows nothing. */
  @Override
  public boolean isAtRest() {
    return true;
  }

  /** How long a call may take. */
  public Duration limit() {
    return limit;
  }

  /** Calls that took longer, since the start. */
  public long timedOutCalls() {
    return timedOut.sum();
  }

  /** Puts another limit in force for calls that begin from now on. */
  public void reconfigure(Duration other) {
    Require.positive("limit", other);
    limit = other;
    nanos = other.toNanos();
  }

  @Override
  public String toString() {
    return "timeout %s: %s, %d calls took longer".formatted(name, limit, timedOutCalls());
  }
}
