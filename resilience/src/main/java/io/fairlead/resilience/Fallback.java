package io.fairlead.resilience;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What a caller gets instead of a failure. Called by any thread, on that of the caller, outside all
 * policies of the pipeline.
 *
 * <p>It is asked for every exception, rejections by policies included, but not for an {@link Error}
 * and not when the caller was interrupted or the call was cancelled. What it throws itself reaches
 * the caller, with the failure suppressed in it.
 */
@FunctionalInterface
public interface Fallback<T> {
  /** The answer to give instead, or the failure itself, thrown again, to give none. */
  T recover(Exception failure) throws Exception;

  /** Is told of every answer that the call gave by itself. */
  default void succeeded(T answer) {}

  /** Always this answer. */
  static <T> Fallback<T> value(T answer) {
    return failure -> answer;
  }

  /** What this call gives, as an alternative service. Its own policies are its own pipeline. */
  static <T> Fallback<T> call(Callable<? extends T> alternative) {
    return failure -> alternative.call();
  }

  /**
   * The newest answer that the call gave, unless it is older than this; without one the failure
   * stands. It keeps one answer, so it suits calls without parameters: where answers differ by
   * parameter, {@link CallCache} keeps one for each.
   */
  static <T> Fallback<T> lastGood(Duration maxAge) {
    return new LastGood<>(maxAge, Ticker.coarse());
  }

  /**
   * Puts the work in a queue to be done later and answers that it is pending.
   *
   * @param idempotencyKey what makes it the same piece of work when it is queued again
   * @param payload what has to be done; asked for only when it is needed
   */
  static <T> Fallback<T> later(
      LaterQueue queue, String idempotencyKey, Supplier<byte[]> payload, T pending) {
    return failure -> {
      queue.enqueue(idempotencyKey, payload.get());
      return pending;
    };
  }

  /** This fallback for failures that the test finds fit; others stand. */
  default Fallback<T> when(Predicate<? super Exception> test) {
    return new Fallback<>() {
      @Override
      public T recover(Exception failure) throws Exception {
        if (test.test(failure)) {
          return Fallback.this.recover(failure);
        }
        throw failure;
      }

      @Override
      public void succeeded(T answer) {
        Fallback.this.succeeded(answer);
      }
    };
  }

  /** This fallback, and the other one for what this one throws. */
  default Fallback<T> or(Fallback<T> other) {
    return new Fallback<>() {
      @Override
      public T recover(Exception failure) throws Exception {
        try {
          return Fallback.this.recover(failure);
        } catch (InterruptedException e) {
          throw e;
        } catch (Exception e) {
          return other.recover(e);
        }
      }

      @Override
      public void succeeded(T answer) {
        Fallback.this.succeeded(answer);
        other.succeeded(answer);
      }
    };
  }
}
