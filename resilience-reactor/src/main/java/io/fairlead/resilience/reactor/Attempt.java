package io.fairlead.resilience.reactor;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * One subscription to a guarded Mono as a future: ends as the Mono does, with null if it is empty.
 * Cancelling the future cancels the subscription. Safe for all threads.
 */
final class Attempt<T> extends CompletableFuture<T> implements CoreSubscriber<T> {
  private final Context context;
  private final Executor signals;
  private final Executor cancels;
  private final AtomicReference<@Nullable Subscription> subscription = new AtomicReference<>();
  private @Nullable T value;

  /**
   * @param signals runs what ends the future on the same thread and knows that it does
   * @param cancels cancels the subscription
   */
  Attempt(ContextView context, Executor signals, Executor cancels) {
    this.context = Context.of(context);
    this.signals = signals;
    this.cancels = cancels;
  }

  @Override
  public Context currentContext() {
    return context;
  }

  @Override
  public void onSubscribe(Subscription s) {
    if (subscription.compareAndSet(null, s)) {
      s.request(Long.MAX_VALUE);
    } else {
      s.cancel();
    }
  }

  @Override
  public void onNext(T element) {
    value = element;
  }

  @Override
  public void onComplete() {
    signals.execute(() -> complete(value));
  }

  @Override
  public void onError(Throwable failure) {
    if (isDone()) {
      Operators.onErrorDropped(failure, context);
    } else {
      signals.execute(() -> completeExceptionally(failure));
    }
  }

  /** The source may still be about to subscribe; then it is cancelled when it does. */
  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean cancelled = super.cancel(mayInterruptIfRunning);
    Subscription present = subscription.getAndSet(Operators.cancelledSubscription());
    if (cancelled && present != null) {
      cancels.execute(present::cancel);
    }
    return cancelled;
  }
}
