package io.fairlead.resilience;

import java.time.Duration;

/**
 * How many calls may run at a time and how many may wait for their turn. Immutable.
 *
 * @param maxConcurrentCalls calls at a time, 1 to 1,000,000
 * @param maxWait the longest wait for a turn; zero rejects at once
 * @param maxWaitingCalls calls that may wait at a time, 0 to 1,000,000; the next is rejected at
 *     once
 */
public record BulkheadSettings(int maxConcurrentCalls, Duration maxWait, int maxWaitingCalls) {
  public BulkheadSettings {
    Require.within("maxConcurrentCalls", maxConcurrentCalls, 1, 1_000_000);
    Require.notNegative("maxWait", maxWait);
    Require.within("maxWaitingCalls", maxWaitingCalls, 0, 1_000_000);
  }

  /** 10 calls at a time, the next is rejected at once; 100 may wait if a wait is given. */
  public static BulkheadSettings defaults() {
    return new BulkheadSettings(10, Duration.ZERO, 100);
  }

  /** These settings with another {@link #maxConcurrentCalls}. */
  public BulkheadSettings withMaxConcurrentCalls(int maxConcurrentCalls) {
    return new BulkheadSettings(maxConcurrentCalls, maxWait, maxWaitingCalls);
  }

  /** These settings with another {@link #maxWait}. */
  public BulkheadSettings withMaxWait(Duration maxWait) {
    return new BulkheadSettings(maxConcurrentCalls, maxWait, maxWaitingCalls);
  }

  /** These settings with another {@link #maxWaitingCalls}. */
  public BulkheadSettings withMaxWaitingCalls(int maxWaitingCalls) {
    return new BulkheadSettings(maxConcurrentCalls, maxWait, maxWaitingCalls);
  }
}
