package io.fairlead.proxy.upstream;

import java.time.Duration;

/**
 * Bounds of the connections that one event loop has to one endpoint. Immutable.
 *
 * @param maxConnections open at a time, 1 to 1,000,000
 * @param maxWaiting requests that wait for a connection, 0 to 1,000,000; the next gets 503
 * @param maxIdle kept for later, 0 to {@code maxConnections}
 * @param idleTimeout after which an idle one is closed; shorter than that of usual servers, so that
 *     it is rarely the server that closes
 */
public record PoolLimits(int maxConnections, int maxWaiting, int maxIdle, Duration idleTimeout) {
  public PoolLimits {
    within("maxConnections", maxConnections, 1, 1_000_000);
    within("maxWaiting", maxWaiting, 0, 1_000_000);
    within("maxIdle", maxIdle, 0, maxConnections);
    if (idleTimeout.isNegative() || idleTimeout.isZero()) {
      throw new IllegalArgumentException("idleTimeout: must be above 0, was " + idleTimeout);
    }
  }

  /** 1,024 connections, as many waiting requests, all of them kept for 30 s. */
  public static PoolLimits defaults() {
    return new PoolLimits(1_024, 1_024, 1_024, Duration.ofSeconds(30));
  }

  private static void within(String field, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          field + ": must be " + min + " to " + max + ", was " + value);
    }
  }
}
