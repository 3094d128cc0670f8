package io.fairlead.resilience;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An adaptive limit, asked directly or through a load shedder with the priority of the calls. */
final class LimitStep<T> implements Step<T> {
  private final AdaptiveLimit limit;
  private final @Nullable LoadShedder shedder;
  private final Priority priority;
  private final Step<T> inner;

  LimitStep(AdaptiveLimit limit, Step<T> inner) {
    this.limit = limit;
    this.inner = inner;
    shedder = null;
    priority = Priority.CRITICAL_PLUS;
  }

  LimitStep(LoadShedder shedder, Priority priority, Step<T> inner) {
    this.shedder = shedder;
    this.priority = priority;
    this.inner = inner;
    limit = shedder.limit();
  }

  @Override
  public Step<T> inner() {
    return inner;
  }

  @Override
  public T call(Callable<? extends T> work) throws Exception {
    Callable<T> within = () -> inner.call(work);
    return limit.run(acquire(), within);
  }

  private long acquire() {
    long permit = shedder == null ? limit.tryAcquire() : shedder.tryAcquire(priority);
    if (permit < 0) {
      throw shedder == null ? limit.rejection() : shedder.rejection(priority);
    }
    return permit;
  }

  @Override
  public CompletionStage<T> callAsync(Supplier<? extends CompletionStage<T>> work, Until until) {
    long permit;
    try {
      permit = acquire();
    } catch (RejectedCallException e) {
      return CompletableFuture.failedFuture(e);
    }
    try {
      long start = limit.ticker().nanos();
      return Stages.after(
          inner.callAsync(work, until),
          (value, failure) -> {
            if (failure == null) {
              limit.success(permit, limit.ticker().nanos() - start);
            } else {
              limit.failed(permit, failure);
            }
          });
    } catch (Throwable e) {
      limit.ignore(permit);
      return CompletableFuture.failedFuture(e);
    }
  }
}
