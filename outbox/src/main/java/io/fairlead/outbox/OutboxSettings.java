package io.fairlead.outbox;

import java.time.Duration;

/**
 * The bounds of an outbox. Immutable.
 *
 * @param maxMessages messages that wait or are dead, all topics together; the next is refused. 1 to
 *     100,000,000. In a database that several processes fill it is counted about once a second, so
 *     what others store meanwhile may come on top
 * @param maxPayloadBytes the largest payload, 0 to 256 MiB
 * @param keepCompleted how long the key of a completed message is remembered, so that enqueueing it
 *     again does nothing; above 0
 * @param maxCompleted how many such keys are remembered at most; the oldest go first
 * @param busyTimeout the longest wait for another process that uses the file, or for a lock or a
 *     free connection of a database; above 0
 * @param maxConnections connections of a database that are used at a time, 1 to 1,000; a file has
 *     one
 */
public record OutboxSettings(
    long maxMessages,
    int maxPayloadBytes,
    Duration keepCompleted,
    long maxCompleted,
    Duration busyTimeout,
    int maxConnections) {
  public OutboxSettings {
    within("maxMessages", maxMessages, 1, 100_000_000);
    within("maxPayloadBytes", maxPayloadBytes, 0, 256 << 20);
    within("maxCompleted", maxCompleted, 0, 1_000_000_000);
    positive("keepCompleted", keepCompleted);
    positive("busyTimeout", busyTimeout);
    within("maxConnections", maxConnections, 1, 1_000);
  }

  /**
   * 100,000 messages of at most 1 MiB; a million keys for 7 days; 5 s for others; 4 connections.
   */
  public static OutboxSettings defaults() {
    return new OutboxSettings(
        100_000, 1 << 20, Duration.ofDays(7), 1_000_000, Duration.ofSeconds(5), 4);
  }

  /** These settings with another {@link #maxMessages}. */
  public OutboxSettings withMaxMessages(long maxMessages) {
    return new OutboxSettings(
        maxMessages, maxPayloadBytes, keepCompleted, maxCompleted, busyTimeout, maxConnections);
  }

  /** These settings with another {@link #maxPayloadBytes}. */
  public OutboxSettings withMaxPayloadBytes(int maxPayloadBytes) {
    return new OutboxSettings(
        maxMessages, maxPayloadBytes, keepCompleted, maxCompleted, busyTimeout, maxConnections);
  }

  /** These settings with another {@link #keepCompleted}. */
  public OutboxSettings withKeepCompleted(Duration keepCompleted) {
    return new OutboxSettings(
        maxMessages, maxPayloadBytes, keepCompleted, maxCompleted, busyTimeout, maxConnections);
  }

  /** These settings with another {@link #maxCompleted}. */
  public OutboxSettings withMaxCompleted(long maxCompleted) {
    return new OutboxSettings(
        maxMessages, maxPayloadBytes, keepCompleted, maxCompleted, busyTimeout, maxConnections);
  }

  /** These settings with another {@link #busyTimeout}. */
  public OutboxSettings withBusyTimeout(Duration busyTimeout) {
    return new OutboxSettings(
        maxMessages, maxPayloadBytes, keepCompleted, maxCompleted, busyTimeout, maxConnections);
  }

  /** These settings with other {@link #maxConnections}. */
  public OutboxSettings withMaxConnections(int maxConnections) {
    return new OutboxSettings(
        maxMessages, maxPayloadBytes, keepCompleted, maxCompleted, busyTimeout, maxConnections);
  }

  static void within(String field, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          field + ": must be " + min + " to " + max + ", was " + value);
    }
  }

  static void positive(String field, Duration value) {
    Duration most = Duration.ofDays(3_650);
    if (value.compareTo(Duration.ofMillis(1)) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(field + ": must be 1 ms to " + most + ", was " + value);
    }
  }
}
