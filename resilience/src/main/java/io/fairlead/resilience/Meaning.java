package io.fairlead.resilience;

import java.util.concurrent.CancellationException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What outcomes say about the called side and whether they are worth another try. Immutable.
 *
 * @param failing results that count as failures
 * @param ignored exceptions that say nothing about the called side
 * @param retriedResults results that are worth another try
 * @param retried exceptions that are worth another try, beside those of the retry's settings
 */
record Meaning<T>(
    @Nullable Predicate<? super T> failing,
    @Nullable Predicate<? super Throwable> ignored,
    @Nullable Predicate<? super T> retriedResults,
    @Nullable Predicate<? super Throwable> retried) {

  boolean isFailure(T result) {
    return failing != null && failing.test(result);
  }

  /** An interrupt, a cancellation and a rejection by a policy say nothing about the called side. */
  boolean isIgnored(Throwable failure) {
    return failure instanceof InterruptedException
        || failure instanceof RejectedCallException
        || failure instanceof CancellationException
        || ignored != null && ignored.test(failure);
  }

  boolean isRetried(T result) {
    return retriedResults != null && retriedResults.test(result);
  }

  /** The wait before the next try, less than what is left, or {@link Retry#STOP}. */
  long waitAfter(Throwable failure, Retry retry, int retriesMade, long leftNanos) {
    if (failure instanceof Error || failure instanceof InterruptedException) {
      return Retry.STOP;
    }
    if (retried != null && retried.test(failure)) {
      return retry.nextWait(retriesMade, leftNanos);
    }
    RetryOn outcome = RetryOn.of(failure).orElse(null);
    return outcome == null ? Retry.STOP : retry.nextWait(retriesMade, outcome, leftNanos);
  }
}
