package io.fairlead.proxy.exchange;

/**
 * Why the proxy answered a request itself; sent as {@code x-fairlead-reason}, counted and written
 * to the span.
 */
public enum Reason {
  BAD_REQUEST("bad-request", 400),
  UNAUTHORIZED("unauthorized", 401),
  FORBIDDEN("forbidden", 403),
  NO_ROUTE("no-route", 404),
  REQUEST_TIMEOUT("request-timeout", 408),
  BODY_TOO_LARGE("body-too-large", 413),
  RATE_LIMITED("rate-limited", 429),
  UPSTREAM_RESET("upstream-reset", 502),
  UPSTREAM_PROTOCOL("upstream-protocol", 502),
  /** Tokens cannot be verified, since their issuer's keys could not be fetched. */
  NO_KEYS("no-keys", 503),
  CIRCUIT_OPEN("circuit-open", 503),
  NO_HEALTHY_UPSTREAM("no-healthy-upstream", 503),
  CONNECT_FAILED("connect-failed", 503),
  /** The endpoint was reached, but did not prove who it is, or does not trust this proxy. */
  UPSTREAM_TLS("upstream-tls", 503),
  BULKHEAD_FULL("bulkhead-full", 503),
  /** The upstream bears no more at a time, as its adaptive limit has found. */
  CONCURRENCY_LIMIT("concurrency-limit", 503),
  OVERLOAD("overload", 503),
  DRAINING("draining", 503),
  TIMEOUT("timeout", 504),
  FAULT_INJECTED("fault-injected", 503),
  CORS_PREFLIGHT("cors-preflight", 200),
  REDIRECT("redirect", 302),
  DIRECT_RESPONSE("direct-response", 200);

  private final String text;
  private final int status;

  Reason(String text, int status) {
    this.text = text;
    this.status = status;
  }

  /** The name on the wire. */
  public String text() {
    return text;
  }

  /** The status that it is usually answered with. */
  public int status() {
    return status;
  }

  @Override
  public String toString() {
    return text;
  }
}
