package io.fairlead.resilience;

import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Gives the answer of a {@link Fallback} where what is within it fails. */
final class Rescue<T> implements Step<T> {
  private final Fallback<T> fallback;
  private final Step<T> inner;

  Rescue(Fallback<T> fallback, Step<T> inner) {
    this.fallback = fallback;
    this.inner = inner;
  }

  @Override
  public Step<T> inner() {
    return inner;
  }

  @Override
  public T call(Callable<? extends T> work) throws Exception {
    T result;
    try {
      result = inner.call(work);
    } catch (InterruptedException | CancellationException e) {
      throw e;
    } catch (Exception e) {
      return recover(e);
    }
    fallback.succeeded(result);
    return result;
  }

  private T recover(Exception failure) throws Exception {
    try {
      return fallback.recover(failure);
    } catch (Exception e) {
      // A rejection takes no suppressed exceptions, and needs none.
      if (e != failure) {
        e.addSuppressed(failure);
      }
      throw e;
    }
  }

  @Override
  public CompletionStage<T> callAsync(Supplier<? extends CompletionStage<T>> work, Until until) {
    CompletionStage<T> stage = inner.callAsync(work, until);
    var result = new CompletableFuture<T>();
    stage.whenComplete(
        (value, wrapped) -> {
          try {
            if (wrapped == null) {
              fallback.succeeded(value);
              result.complete(value);
            } else if (Stages.cause(wrapped) instanceof Exception failure
                && !(failure instanceof CancellationException)) {
              result.complete(recover(failure));
            } else {
              result.completeExceptionally(Stages.cause(wrapped));
            }
          } catch (Throwable e) {
            result.completeExceptionally(e);
          }
        });
    Stages.cancelWith(result, stage);
    return result;
  }
}
