package io.fairlead.proxy.exchange;

import static io.fairlead.proxy.exchange.ResponseFlag.DOWNSTREAM_CONNECTION_TERMINATION;
import static io.fairlead.proxy.exchange.ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR;
import static io.fairlead.proxy.exchange.ResponseFlag.FAULT_INJECTED;
import static io.fairlead.proxy.exchange.ResponseFlag.NO_HEALTHY_UPSTREAM;
import static io.fairlead.proxy.exchange.ResponseFlag.NO_ROUTE_FOUND;
import static io.fairlead.proxy.exchange.ResponseFlag.OVERLOAD_MANAGER;
import static io.fairlead.proxy.exchange.ResponseFlag.RATE_LIMITED;
import static io.fairlead.proxy.exchange.ResponseFlag.STREAM_IDLE_TIMEOUT;
import static io.fairlead.proxy.exchange.ResponseFlag.UNAUTHORIZED_EXTERNAL_SERVICE;
import static io.fairlead.proxy.exchange.ResponseFlag.UPSTREAM_CONNECTION_FAILURE;
import static io.fairlead.proxy.exchange.ResponseFlag.UPSTREAM_CONNECTION_TERMINATION;
import static io.fairlead.proxy.exchange.ResponseFlag.UPSTREAM_OVERFLOW;
import static io.fairlead.proxy.exchange.ResponseFlag.UPSTREAM_PROTOCOL_ERROR;
import static io.fairlead.proxy.exchange.ResponseFlag.UPSTREAM_REQUEST_TIMEOUT;
import static io.fairlead.proxy.exchange.ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED;

import io.fairlead.resilience.Retry;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Says in Envoy's words how an exchange ended: the one place that maps what this proxy knows to
 * response flags and response code details. Sets of flags are the bits of {@link ResponseFlag#bit}.
 * Stateless.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/response_code_details">
 *     Envoy, response code details</a>
 */
public final class ResponseFlags {
  /** No flag. */
  public static final int NONE = 0;

  private ResponseFlags() {}

  /**
   * How an exchange ended.
   *
   * @param reason why the proxy answered itself or gave up, or null
   * @param ending whether the answer is whole
   * @param route whether a cluster had been chosen
   * @param tries whether another one would have been allowed
   * @param marks flags that were set on the way
   */
  record Facts(@Nullable Reason reason, Ending ending, Routed route, Tried tries, int marks) {}

  /** Whether an answer is whole. */
  enum Ending {
    WHOLE,
    CUT
  }

  /** Whether a cluster had been chosen. */
  enum Routed {
    NOWHERE,
    TO_CLUSTER
  }

  /** Whether a failed request had been tried as often as it may be. */
  enum Tried {
    SOME,
    ALL
  }

  /** The flags of an exchange that is over. */
  public static int of(Exchange exchange) {
    Reason reason = exchange.reason();
    if (reason == null && !exchange.isAborted() && exchange.status() < 500) {
      // Nearly every request goes this way.
      return exchange.marks();
    }
    return of(
        new Facts(
            reason,
            exchange.isAborted() ? Ending.CUT : Ending.WHOLE,
            exchange.targetOrNull() == null ? Routed.NOWHERE : Routed.TO_CLUSTER,
            isExhausted(exchange) ? Tried.ALL : Tried.SOME,
            exchange.marks()));
  }

  static int of(Facts facts) {
    Reason reason = facts.reason;
    int flags = facts.marks;
    if (reason == null) {
      flags |= facts.ending == Ending.CUT ? DOWNSTREAM_CONNECTION_TERMINATION.bit() : NONE;
    } else if (reason != Reason.TIMEOUT || (flags & STREAM_IDLE_TIMEOUT.bit()) == 0) {
      flags |= of(reason, facts.route);
    }
    return facts.tries == Tried.ALL ? flags | UPSTREAM_RETRY_LIMIT_EXCEEDED.bit() : flags;
  }

  private static int of(Reason reason, Routed route) {
    return switch (reason) {
      case BAD_REQUEST -> DOWNSTREAM_PROTOCOL_ERROR.bit();
      case NO_ROUTE -> NO_ROUTE_FOUND.bit();
      case REQUEST_TIMEOUT -> STREAM_IDLE_TIMEOUT.bit();
      case RATE_LIMITED -> RATE_LIMITED.bit();
      case UPSTREAM_RESET -> UPSTREAM_CONNECTION_TERMINATION.bit();
      case UPSTREAM_PROTOCOL -> UPSTREAM_PROTOCOL_ERROR.bit();
      case CIRCUIT_OPEN, BULKHEAD_FULL, CONCURRENCY_LIMIT -> UPSTREAM_OVERFLOW.bit();
      case NO_HEALTHY_UPSTREAM -> NO_HEALTHY_UPSTREAM.bit();
      case CONNECT_FAILED, UPSTREAM_TLS -> UPSTREAM_CONNECTION_FAILURE.bit();
      case TIMEOUT -> UPSTREAM_REQUEST_TIMEOUT.bit();
      case FAULT_INJECTED -> FAULT_INJECTED.bit();
      case OVERLOAD ->
          switch (route) {
            case NOWHERE -> OVERLOAD_MANAGER.bit();
            case TO_CLUSTER -> UPSTREAM_OVERFLOW.bit();
          };
      case UNAUTHORIZED,
          FORBIDDEN,
          BODY_TOO_LARGE,
          NO_KEYS,
          DRAINING,
          CORS_PREFLIGHT,
          REDIRECT,
          DIRECT_RESPONSE ->
          NONE;
    };
  }

  private static boolean isExhausted(Exchange exchange) {
    Target target = exchange.targetOrNull();
    Reason reason = exchange.reason();
    if (target == null || exchange.attempts() < 2) {
      return false;
    }
    Retry retry = target.retry();
    if (retry == null) {
      return reason == Reason.CONNECT_FAILED || reason == Reason.UPSTREAM_TLS;
    }
    boolean failed = reason == null || isUpstreams(reason);
    return failed && exchange.attempts() > retry.settings().maxRetries();
  }

  /** Whether an endpoint's doing is the reason, so that another attempt could have helped. */
  private static boolean isUpstreams(Reason reason) {
    int endpoints =
        UPSTREAM_CONNECTION_TERMINATION.bit()
            | UPSTREAM_CONNECTION_FAILURE.bit()
            | UPSTREAM_REQUEST_TIMEOUT.bit();
    return (of(reason, Routed.TO_CLUSTER) & endpoints) != 0;
  }

  /** What {@code %RESPONSE_CODE_DETAILS%} says; in Envoy's words where it has some. */
  public static String details(Exchange exchange) {
    Reason reason = exchange.reason();
    if (reason == null) {
      return exchange.isAborted() ? "downstream_remote_disconnect" : "via_upstream";
    }
    boolean begun = exchange.isAborted() && exchange.status() > 0;
    return details(reason, begun, exchange.marks());
  }

  static String details(Reason reason, boolean begun, int marks) {
    return switch (reason) {
      case NO_ROUTE -> "route_not_found";
      case UPSTREAM_RESET -> reset(begun, "connection_termination");
      case UPSTREAM_PROTOCOL -> reset(begun, "protocol_error");
      case CONNECT_FAILED -> reset(begun, "remote_connection_failure");
      case UPSTREAM_TLS -> reset(begun, "remote_connection_failure|tls");
      case CIRCUIT_OPEN -> "circuit_open";
      case BULKHEAD_FULL -> "bulkhead_full";
      case CONCURRENCY_LIMIT -> "concurrency_limit";
      case OVERLOAD -> "overload";
      case NO_HEALTHY_UPSTREAM -> "no_healthy_upstream";
      case TIMEOUT ->
          (marks & STREAM_IDLE_TIMEOUT.bit()) != 0
              ? "stream_idle_timeout"
              : "upstream_response_timeout";
      case RATE_LIMITED -> "local_rate_limited";
      case FORBIDDEN ->
          (marks & UNAUTHORIZED_EXTERNAL_SERVICE.bit()) != 0
              ? "ext_authz_denied"
              : "rbac_access_denied";
      case BAD_REQUEST -> "bad_request";
      case UNAUTHORIZED -> "unauthorized";
      case NO_KEYS -> "jwks_fetch_failed";
      case REQUEST_TIMEOUT -> "request_overall_timeout";
      case BODY_TOO_LARGE -> "request_payload_too_large";
      case DRAINING -> "draining";
      case FAULT_INJECTED -> "fault_filter_abort";
      case CORS_PREFLIGHT -> "cors_preflight";
      case REDIRECT, DIRECT_RESPONSE -> "direct_response";
    };
  }

  private static String reset(boolean begun, String why) {
    return "upstream_reset_" + (begun ? "after" : "before") + "_response_started{" + why + "}";
  }

  /** The short names, with commas between them; {@code -} for none. */
  public static String text(int flags) {
    return flags == NONE ? "-" : join(flags, ResponseFlag::text);
  }

  /** The long names, with commas between them; {@code -} for none. */
  public static String longText(int flags) {
    return flags == NONE ? "-" : join(flags, ResponseFlag::longText);
  }

  private static String join(int flags, Function<ResponseFlag, String> name) {
    StringBuilder out = new StringBuilder();
    for (ResponseFlag flag : ResponseFlag.values()) {
      if ((flags & flag.bit()) != 0) {
        out.append(out.isEmpty() ? "" : ",").append(name.apply(flag));
      }
    }
    return out.toString();
  }
}
