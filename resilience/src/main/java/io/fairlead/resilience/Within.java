package io.fairlead.resilience;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Ends everything within it at a deadline, retries and waits included, and tells that deadline to
 * what is called below: the earlier one of its own and the one that the thread has already.
 */
final class Within<T> implements Step<T> {
  private final Timeout timeout;
  private final Step<T> inner;

  Within(Timeout timeout, Step<T> inner) {
    this.timeout = timeout;
    this.inner = inner;
  }

  @Override
  public Step<T> inner() {
    return inner;
  }

  @Override
  public T call(Callable<? extends T> work) throws Exception {
    Deadline present = Deadline.ofThread();
    long left = left(present);
    if (left <= 0) {
      throw timeout.timedOut();
    }
    Deadline.enter(new Deadline(System.nanoTime() + left));
    try {
      return timeout.call(() -> inner.call(work), left);
    } finally {
      Deadline.enter(present);
    }
  }

  private long left(@Nullable Deadline present) {
    long own = timeout.nanos();
    return present == null ? own : Math.min(own, present.remainingNanos(Ticker.system()));
  }

  @Override
  public CompletionStage<T> callAsync(Supplier<? extends CompletionStage<T>> work, Until until) {
    Deadline present = Deadline.ofThread();
    long left = Math.min(left(present), until.leftNanos());
    Until mine = until.within(left);
    return timeout.callAsync(
        () -> {
          // The thread that begins the work; others get it by Deadline.carry.
          Deadline before = Deadline.enter(new Deadline(System.nanoTime() + left));
          try {
            return inner.callAsync(work, mine);
          } finally {
            Deadline.enter(before);
          }
        },
        left);
  }
}
