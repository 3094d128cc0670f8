package io.fairlead.resilience;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes what is within it on the threads of a {@link ThreadPoolBulkhead}. */
final class PoolStep<T> implements Step<T> {
  private final ThreadPoolBulkhead pool;
  private final Step<T> inner;

  PoolStep(ThreadPoolBulkhead pool, Step<T> inner) {
    this.pool = pool;
    this.inner = inner;
  }

  @Override
  public Step<T> inner() {
    return inner;
  }

  @Override
  public T call(Callable<? extends T> work) throws Exception {
    return pool.call(Deadline.carry(() -> inner.call(work)));
  }

  @Override
  public CompletionStage<T> callAsync(Supplier<? extends CompletionStage<T>> work, Until until) {
    try {
      var result = new CompletableFuture<T>();
      CompletionStage<CompletionStage<T>> begun =
          pool.submit(
              Deadline.carry(
                  () -> {
                    CompletionStage<T> stage = inner.callAsync(work, until);
                    // Here, since a call cancelled right now will not hand the stage on.
                    Stages.cancelWith(result, stage);
                    return stage;
                  }));
      begun.whenComplete((stage, failure) -> begun(result, stage, failure));
      Stages.cancelWith(result, begun);
      return result;
    } catch (Throwable e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static <T> void begun(
      CompletableFuture<T> result, CompletionStage<T> stage, @Nullable Throwable failure) {
    if (failure != null) {
      result.completeExceptionally(Stages.cause(failure));
      return;
    }
    try {
      stage.whenComplete((value, end) -> Stages.complete(result, value, end));
    } catch (Throwable e) {
      result.completeExceptionally(e);
    }
  }
}
