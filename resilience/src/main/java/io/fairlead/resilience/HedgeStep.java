package io.fairlead.resilience;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Makes what is within it once more when it is late. */
final class HedgeStep<T> implements Step<T> {
  private final Hedge hedge;
  private final Step<T> inner;

  HedgeStep(Hedge hedge, Step<T> inner) {
    this.hedge = hedge;
    this.inner = inner;
  }

  @Override
  public T call(Callable<? extends T> work) throws Exception {
    return hedge.call(Deadline.carry(() -> inner.call(work)));
  }

  @Override
  public CompletionStage<T> callAsync(Supplier<? extends CompletionStage<T>> work, Until until) {
    return hedge.callAsync(() -> inner.callAsync(work, until));
  }
}
