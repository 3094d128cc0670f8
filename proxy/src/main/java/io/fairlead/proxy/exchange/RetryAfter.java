package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.Head;
import io.fairlead.resilience.Retry;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** Whether an answer is worth another attempt, and when its {@code retry-after} allows one. */
final class RetryAfter {
  private static final byte[] NAME = "retry-after".getBytes(StandardCharsets.US_ASCII);

  private RetryAfter() {}

  /** Nanoseconds to wait before the next attempt, or {@link Retry#STOP}. */
  static long waitNanos(Retry retry, int retriesMade, Head answer) {
    int field = answer.find(NAME, 0);
    long asked = field < 0 ? 0 : Retry.retryAfterNanos(answer.value(field), Instant.now());
    return retry.nextWaitAfterStatus(retriesMade, answer.status(), asked);
  }
}
