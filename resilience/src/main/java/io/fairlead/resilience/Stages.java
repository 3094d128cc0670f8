package io.fairlead.resilience;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What asynchronous calls have in common. */
final class Stages {
  private Stages() {}

  /** The stage of this call; what the call throws itself fails the stage. */
  static <T> CompletionStage<T> begin(Supplier<? extends CompletionStage<T>> call) {
    try {
      return Objects.requireNonNull(call.get(), "the supplier gave no stage");
    } catch (Throwable e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * A future that ends as the stage does, after the action was told how. What the action throws
   * fails the future, or is suppressed in the failure. Cancelling the future cancels the stage.
   */
  static <T> CompletableFuture<T> after(
      CompletionStage<T> stage, BiConsumer<T, ? super @Nullable Throwable> action) {
    var result = new CompletableFuture<T>();
    stage.whenComplete(
        (value, failure) -> {
          Throwable end = failure == null ? null : cause(failure);
          try {
            action.accept(value, end);
          } catch (Throwable e) {
            if (end == null) {
              end = e;
            } else {
              suppress(end, e);
            }
          }
          complete(result, value, end);
        });
    cancelWith(result, stage);
    return result;
  }

  /** Cancels the stage when the future is cancelled. */
  static void cancelWith(CompletableFuture<?> future, CompletionStage<?> stage) {
    future.whenComplete(
        (value, failure) -> {
          if (future.isCancelled()) {
            cancel(stage);
          }
        });
  }

  /** Cancels the stage if it is one that can be; the work of another goes on for nobody. */
  static void cancel(CompletionStage<?> stage) {
    if (stage instanceof Future<?> future) {
      future.cancel(true);
    }
  }

  /**
   * Runs the action after this time, unless the returned timer is completed before; on a virtual
   * thread of its own, since it may be the user's code and the JDK has one thread for all timers.
   */
  static CompletableFuture<Boolean> timer(long nanos, Runnable action) {
    var timer = new CompletableFuture<Boolean>();
    timer
        .completeOnTimeout(true, nanos, TimeUnit.NANOSECONDS)
        .thenAccept(
            over -> {
              if (over) {
                Thread.ofVirtual().inheritInheritableThreadLocals(false).start(action);
              }
            });
    return timer;
  }

  /** Ends the future as another stage ended. */
  static <T> void complete(CompletableFuture<T> future, T value, @Nullable Throwable failure) {
    if (failure == null) {
      future.complete(value);
    } else {
      future.completeExceptionally(cause(failure));
    }
  }

  /** Notes in the failure what else went wrong, which a test of callers may make the same. */
  static void suppress(Throwable failure, Throwable other) {
    if (failure != other) {
      failure.addSuppressed(other);
    }
  }

  /** What a stage failed with, without the wrapping of the stages in between. */
  static Throwable cause(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
