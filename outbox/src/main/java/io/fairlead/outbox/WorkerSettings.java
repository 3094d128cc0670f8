package io.fairlead.outbox;

import io.fairlead.resilience.RetrySettings;
import java.time.Duration;

/**
 * How a worker takes messages and what it does when handling fails. Immutable.
 *
 * @param concurrency messages handled at a time, each by a thread of its own; 1 to 1,000
 * @param lease how long a message belongs to the worker that took it; longer than handling ever
 *     takes, because afterwards any worker may take it again
 * @param pollInterval how long messages of other processes, or of transactions of the application,
 *     may stay unnoticed; also the pause after a failure of the database
 * @param retry the waits between attempts, and how many follow the first before the message is
 *     dead; its conditions and its budget do not apply, since every failure here is tried again
 */
public record WorkerSettings(
    int concurrency, Duration lease, Duration pollInterval, RetrySettings retry) {
  public WorkerSettings {
    OutboxSettings.within("concurrency", concurrency, 1, 1_000);
    OutboxSettings.positive("lease", lease);
    OutboxSettings.positive("pollInterval", pollInterval);
  }

  /** One at a time, 30 s each; a failure is tried again 100 times, after 0.5 s up to a minute. */
  public static WorkerSettings defaults() {
    RetrySettings retry =
        RetrySettings.defaults()
            .withMaxRetries(100)
            .withInitialDelay(Duration.ofMillis(500))
            .withMaxDelay(Duration.ofMinutes(1));
    return new WorkerSettings(1, Duration.ofSeconds(30), Duration.ofMillis(500), retry);
  }

  /** These settings with another {@link #concurrency}. */
  public WorkerSettings withConcurrency(int concurrency) {
    return new WorkerSettings(concurrency, lease, pollInterval, retry);
  }

  /** These settings with another {@link #lease}. */
  public WorkerSettings withLease(Duration lease) {
    return new WorkerSettings(concurrency, lease, pollInterval, retry);
  }

  /** These settings with another {@link #pollInterval}. */
  public WorkerSettings withPollInterval(Duration pollInterval) {
    return new WorkerSettings(concurrency, lease, pollInterval, retry);
  }

  /** These settings with another {@link #retry}. */
  public WorkerSettings withRetry(RetrySettings retry) {
    return new WorkerSettings(concurrency, lease, pollInterval, retry);
  }
}
