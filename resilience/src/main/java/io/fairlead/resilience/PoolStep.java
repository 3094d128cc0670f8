package io.fairlead.resilience;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

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
      return pool.submit(Deadline.carry(() -> inner.callAsync(work, until)))
          .thenCompose(Function.identity());
    } catch (RejectedCallException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
