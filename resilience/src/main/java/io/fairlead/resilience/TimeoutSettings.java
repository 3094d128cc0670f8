package io.fairlead.resilience;

import java.time.Duration;

/**
 * How long a call may take, in parts. Immutable. Zero switches a timeout off, as in the Gateway
 * API.
 *
 * @param request from the first byte of the request to the last byte of the answer, retries
 *     included
 * @param connect from the start of a connection to its use, TLS included; above 0
 * @param idle without a byte in either direction
 */
public record TimeoutSettings(Duration request, Duration connect, Duration idle) {
  public TimeoutSettings {
    Require.notNegative("request", request);
    Require.positive("connect", connect);
    Require.notNegative("idle", idle);
  }

  /** 2 s per request, 500 ms to connect, 60 s idle. */
  public static TimeoutSettings defaults() {
    return new TimeoutSettings(
        Duration.ofSeconds(2), Duration.ofMillis(500), Duration.ofSeconds(60));
  }

  /** These settings with another {@link #request}. */
  public TimeoutSettings withRequest(Duration request) {
    return new TimeoutSettings(request, connect, idle);
  }

  /** These settings with another {@link #connect}. */
  public TimeoutSettings withConnect(Duration connect) {
    return new TimeoutSettings(request, connect, idle);
  }

  /** These settings with another {@link #idle}. */
  public TimeoutSettings withIdle(Duration idle) {
    return new TimeoutSettings(request, connect, idle);
  }
}
