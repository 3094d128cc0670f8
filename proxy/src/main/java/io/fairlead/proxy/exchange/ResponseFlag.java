package io.fairlead.proxy.exchange;

/**
 * What was special about a request or a connection, in the letters that Envoy's access log and
 * Istio's metrics have for it. Only those are here that can occur in this proxy.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#command-operators">
 *     Envoy, RESPONSE_FLAGS</a>
 */
public enum ResponseFlag {
  /** No endpoint of the cluster may be used. */
  NO_HEALTHY_UPSTREAM("UH", "NoHealthyUpstream"),
  /** No connection to an endpoint came about, TLS included. */
  UPSTREAM_CONNECTION_FAILURE("UF", "UpstreamConnectionFailure"),
  /** A circuit breaker, a bulkhead or a bound of the pool refused it. */
  UPSTREAM_OVERFLOW("UO", "UpstreamOverflow"),
  /** No route, or for a connection no cluster, is for it. */
  NO_ROUTE_FOUND("NR", "NoRouteFound"),
  /** It failed although it was tried as often as it may be. */
  UPSTREAM_RETRY_LIMIT_EXCEEDED("URX", "UpstreamRetryLimitExceeded"),
  /** The connection to the endpoint broke. */
  UPSTREAM_CONNECTION_TERMINATION("UC", "UpstreamConnectionTermination"),
  /** What the endpoint sent breaks the rules of HTTP. */
  UPSTREAM_PROTOCOL_ERROR("UPE", "UpstreamProtocolError"),
  /** The endpoint did not answer in time. */
  UPSTREAM_REQUEST_TIMEOUT("UT", "UpstreamRequestTimeout"),
  /** Nothing moved for too long. */
  STREAM_IDLE_TIMEOUT("SI", "StreamIdleTimeout"),
  /** The client went before its answer was whole. */
  DOWNSTREAM_CONNECTION_TERMINATION("DC", "DownstreamConnectionTermination"),
  /** What the client sent breaks the rules of HTTP. */
  DOWNSTREAM_PROTOCOL_ERROR("DPE", "DownstreamProtocolError"),
  /** A rate limit refused it. */
  RATE_LIMITED("RL", "RateLimited"),
  /** The service that is asked for permission refused it. */
  UNAUTHORIZED_EXTERNAL_SERVICE("UAEX", "UnauthorizedExternalService"),
  /** It was held back on purpose. */
  DELAY_INJECTED("DI", "DelayInjected"),
  /** It was answered with an error on purpose. */
  FAULT_INJECTED("FI", "FaultInjected"),
  /** The proxy itself has too much to do. */
  OVERLOAD_MANAGER("OM", "OverloadManagerTerminated");

  private final String text;
  private final String longText;

  ResponseFlag(String text, String longText) {
    this.text = text;
    this.longText = longText;
  }

  /** The short name, as in {@code %RESPONSE_FLAGS%}. */
  public String text() {
    return text;
  }

  /** The long name, as in {@code %RESPONSE_FLAGS_LONG%}. */
  public String longText() {
    return longText;
  }

  /** The flag alone as a set of flags. */
  public int bit() {
    return 1 << ordinal();
  }
}
