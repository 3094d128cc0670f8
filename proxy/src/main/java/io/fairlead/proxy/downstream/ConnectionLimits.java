package io.fairlead.proxy.downstream;

import java.time.Duration;

/**
 * Bounds of the connections that clients make. Immutable.
 *
 * @param maxConnections per listener; further ones get 503 and are closed
 * @param idleTimeout between requests
 * @param headTimeout from the first octet of a head to its last; then 408
 * @param lingerTimeout for the client to stop sending after the last answer
 * @param maxDiscardBytes of a request's body that are read and dropped to keep the connection
 * @param maxReplayBytes of a request that are kept for another attempt
 * @param handshakeTimeout for the TLS handshake, from the connection on
 */
public record ConnectionLimits(
    int maxConnections,
    Duration idleTimeout,
    Duration headTimeout,
    Duration lingerTimeout,
    int maxDiscardBytes,
    int maxReplayBytes,
    Duration handshakeTimeout) {
  public ConnectionLimits {
    within("maxConnections", maxConnections, 1, 10_000_000);
    positive("idleTimeout", idleTimeout);
    positive("headTimeout", headTimeout);
    positive("lingerTimeout", lingerTimeout);
    within("maxDiscardBytes", maxDiscardBytes, 0, 1 << 30);
    within("maxReplayBytes", maxReplayBytes, 0, 1 << 30);
    positive("handshakeTimeout", handshakeTimeout);
  }

  /**
   * 20,000 connections, 75 s idle, 15 s for a head, 2 s of linger, 64 KiB each to drop and replay,
   * 10 s for a handshake.
   */
  public static ConnectionLimits defaults() {
    return new ConnectionLimits(
        20_000,
        Duration.ofSeconds(75),
        Duration.ofSeconds(15),
        Duration.ofSeconds(2),
        64 << 10,
        64 << 10,
        Duration.ofSeconds(10));
  }

  /** These limits with another {@link #maxConnections}. */
  public ConnectionLimits withMaxConnections(int connections) {
    return new ConnectionLimits(
        connections,
        idleTimeout,
        headTimeout,
        lingerTimeout,
        maxDiscardBytes,
        maxReplayBytes,
        handshakeTimeout);
  }

  private static void within(String field, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          field + ": must be " + min + " to " + max + ", was " + value);
    }
  }

  private static void positive(String field, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(field + ": must be above 0, was " + value);
    }
  }
}
