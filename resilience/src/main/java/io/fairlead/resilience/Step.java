package io.fairlead.resilience;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One step of a compiled pipeline around all that is within it. Safe for all threads; holds no lock
 * while it makes a call.
 */
interface Step<T> {
  T call(Callable<? extends T> work) throws Exception;

  /** The step within this one, or null for the work itself. */
  @Nullable Step<T> inner();

  /** As {@link #call} without waiting; never throws, since what fails fails the stage. */
  CompletionStage<T> callAsync(Supplier<? extends CompletionStage<T>> work, Until until);

  /**
   * The moment at which an asynchronous call must be over, by {@link System#nanoTime()}.
   *
   * @param limited false if there is none
   */
  record Until(long nanos, boolean limited) {
    static final Until NEVER = new Until(0, false);

    long leftNanos() {
      return limited ? nanos - System.nanoTime() : Long.MAX_VALUE;
    }

    Until within(long timeoutNanos) {
      return timeoutNanos < leftNanos() ? new Until(System.nanoTime() + timeoutNanos, true) : this;
    }
  }

  /** The innermost step: the work itself. */
  record Work<T>() implements Step<T> {
    @Override
    public @Nullable Step<T> inner() {
      return null;
    }

    @Override
    public T call(Callable<? extends T> work) throws Exception {
      return work.call();
    }

    @Override
    public CompletionStage<T> callAsync(Supplier<? extends CompletionStage<T>> work, Until until) {
      return Stages.begin(work);
    }
  }
}
