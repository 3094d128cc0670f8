package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.Head;
import io.fairlead.resilience.Retry;
import io.fairlead.resilience.RetryOn;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** Whether another attempt follows one that brought nothing good, and when. Stateless. */
final class Repetition {
  /** Attempts on other endpoints after a refused connection, where no policy says otherwise. */
  private static final int CONNECT_RETRIES = 2;

  private static final byte[] RETRY_AFTER = "retry-after".getBytes(StandardCharsets.US_ASCII);

  private Repetition() {}

  /**
   * Nanoseconds to wait after an answer of 400 or above, or a call's status, or {@link Retry#STOP}.
   */
  static long afterAnswer(Attempt from, int retriesMade, Head answer) {
    Target target = from.target();
    Retry retry = target.retry();
    if (retry == null) {
      return Retry.STOP;
    }
    if (answer.status() < 400) {
      RetryOn outcome = from.code() == null ? null : from.code().retryOn();
      return outcome == null ? Retry.STOP : retry.nextWait(retriesMade, outcome);
    }
    int field = answer.find(RETRY_AFTER, 0);
    long asked = field < 0 ? 0 : Retry.retryAfterNanos(answer.value(field), Instant.now());
    if (!target.retryCodes().contains(answer.status())) {
      return retry.nextWaitAfterStatus(retriesMade, answer.status(), asked);
    }
    if (asked > retry.settings().maxDelay().toNanos()) {
      return Retry.STOP;
    }
    // A route that names codes retries broken connections too, so the code counts as one.
    long wait = retry.nextWait(retriesMade, RetryOn.RESET);
    return wait == Retry.STOP ? Retry.STOP : Math.max(wait, asked);
  }

  /** Nanoseconds to wait after a failure of a request that can be sent again, or STOP. */
  static long afterFailure(Attempt from, Failure why) {
    Target target = from.target();
    RetryOn outcome = why.retryOn();
    if (outcome == null) {
      return Retry.STOP;
    }
    Retry retry = target.retry();
    if (retry != null) {
      return retry.nextWait(from.number() - 1, outcome);
    }
    // No octet has left, so trying elsewhere is no repetition.
    boolean elsewhere =
        (why == Failure.CONNECT || why == Failure.TLS)
            && from.number() <= CONNECT_RETRIES
            && target.upstream().hasOther(from);
    return elsewhere ? 0 : Retry.STOP;
  }
}
