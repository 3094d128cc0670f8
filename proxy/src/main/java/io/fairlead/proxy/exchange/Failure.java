package io.fairlead.proxy.exchange;

import io.fairlead.resilience.RetryOn;
import org.jspecify.annotations.Nullable;

/** Why an attempt brought no whole answer. */
public enum Failure {
  /** No endpoint may be used. */
  NO_ENDPOINT(Reason.NO_HEALTHY_UPSTREAM),
  /** No connection came about: refused, unreachable or too slow. */
  CONNECT(Reason.CONNECT_FAILED),
  /** A connection came about, but no TLS on it: one side does not trust the other. */
  TLS(Reason.UPSTREAM_TLS),
  /** All connections are in use and no more may wait. */
  POOL_FULL(Reason.OVERLOAD),
  /** The connection broke. */
  RESET(Reason.UPSTREAM_RESET),
  /** What came was not HTTP. */
  PROTOCOL(Reason.UPSTREAM_PROTOCOL),
  /** No answer in the time that the whole exchange has. */
  TIMEOUT(Reason.TIMEOUT),
  /** No answer in the time that one attempt has. */
  TRY_TIMEOUT(Reason.TIMEOUT),
  /** Whoever asked has gone, or sent something that ends the request. */
  CANCELLED(Reason.BAD_REQUEST);

  private final Reason reason;

  Failure(Reason reason) {
    this.reason = reason;
  }

  /** The kind of failure for retries, or null if this one is never made up for. */
  @Nullable RetryOn retryOn() {
    return switch (this) {
      case CONNECT, TLS -> RetryOn.CONNECT_FAILURE;
      case RESET -> RetryOn.RESET;
      case TRY_TIMEOUT -> RetryOn.TIMEOUT;
      case NO_ENDPOINT, POOL_FULL, PROTOCOL, TIMEOUT, CANCELLED -> null;
    };
  }

  /** What the client is told. */
  public Reason reason() {
    return reason;
  }
}
