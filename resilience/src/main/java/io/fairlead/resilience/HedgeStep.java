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
  public Step<T> inner() {
    return inner;
  }

  @Override
  public T call(Callable<? extends T> work) throws Exception {
    Deadline deadline = Deadline.ofThread();
    Callable<T> carried = Deadline.carry(() -> inner.call(work));
    return deadline == null ? hedge.call(carried) : hedge.call(deadline, carried);
  }

  @Override
  public CompletionStage<T> callAsync(Supplier<? extends CompletionStage<T>> work, Until until) {
    return until.limited()
        ? hedge.callAsync(new Deadline(until.nanos()), () -> inner.callAsync(work, until))
        : hedge.callAsync(() -> inner.callAsync(work, until));
  }
}
