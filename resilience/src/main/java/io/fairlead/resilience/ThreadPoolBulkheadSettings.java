package io.fairlead.resilience;

import java.time.Duration;

/**
 * How many threads a thread pool bulkhead has and how many calls may wait for one. Immutable.
 *
 * @param maxThreads calls that run at a time, each on a thread, 1 to 10,000
 * @param queueCapacity calls that may wait for a thread, 0 to 1,000,000; the next is rejected
 * @param keepAlive a thread without work for this long ends; above 0
 */
public record ThreadPoolBulkheadSettings(int maxThreads, int queueCapacity, Duration keepAlive) {
  public ThreadPoolBulkheadSettings {
    Require.within("maxThreads", maxThreads, 1, 10_000);
    Require.within("queueCapacity", queueCapacity, 0, 1_000_000);
    Require.positive("keepAlive", keepAlive);
  }

  /** 10 threads that end after a minute without work, and 100 calls that may wait. */
  public static ThreadPoolBulkheadSettings defaults() {
    return new ThreadPoolBulkheadSettings(10, 100, Duration.ofMinutes(1));
  }

  /** These settings with another {@link #maxThreads}. */
  public ThreadPoolBulkheadSettings withMaxThreads(int maxThreads) {
    return new ThreadPoolBulkheadSettings(maxThreads, queueCapacity, keepAlive);
  }

  /** These settings with another {@link #queueCapacity}. */
  public ThreadPoolBulkheadSettings withQueueCapacity(int queueCapacity) {
    return new ThreadPoolBulkheadSettings(maxThreads, queueCapacity, keepAlive);
  }

  /** These settings with another {@link #keepAlive}. */
  public ThreadPoolBulkheadSettings withKeepAlive(Duration keepAlive) {
    return new ThreadPoolBulkheadSettings(maxThreads, queueCapacity, keepAlive);
  }
}
