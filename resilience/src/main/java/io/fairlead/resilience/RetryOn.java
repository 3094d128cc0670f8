package io.fairlead.resilience;

import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * An outcome that may be retried, by the names that Envoy's {@code retry_on} uses where it has one.
 * A status of 4xx means that the request itself was wrong and stays so; only three of them ask for
 * another try.
 */
public enum RetryOn {
  /** No connection came about, so the request was certainly not processed. */
  CONNECT_FAILURE("connect-failure"),
  /** The peer refused the stream before it processed anything (HTTP/2 REFUSED_STREAM). */
  REFUSED_STREAM("refused-stream"),
  /** The connection broke before an answer came; the request may have been processed. */
  RESET("reset"),
  /** No answer came in time; the request may have been processed. */
  TIMEOUT("timeout"),
  /** Status 502, 503 or 504. */
  GATEWAY_ERROR("gateway-error"),
  /** Any status from 500 to 599. */
  SERVER_ERROR("5xx"),
  /** Status 408: the request did not reach the server in time. */
  REQUEST_TIMEOUT("request-timeout"),
  /** Status 425: the server will not risk a request that might be replayed (RFC 8470). */
  TOO_EARLY("too-early"),
  /** Status 429: too many requests; {@code retry-after} may say when there are not. */
  TOO_MANY_REQUESTS("too-many-requests"),
  /** The server has given a call of gRPC up: status 1, before anything of an answer. */
  CANCELLED("cancelled"),
  /** Status 4 of gRPC, before anything of an answer. */
  DEADLINE_EXCEEDED("deadline-exceeded"),
  /** Status 13 of gRPC, before anything of an answer. */
  INTERNAL("internal"),
  /** Status 8 of gRPC, before anything of an answer. */
  RESOURCE_EXHAUSTED("resource-exhausted"),
  /** Status 14 of gRPC, before anything of an answer. */
  UNAVAILABLE("unavailable");

  private static final int MAX_CAUSES = 8;

  private final String text;

  RetryOn(String text) {
    this.text = text;
  }

  /** The name in configuration files and on the wire. */
  public String text() {
    return text;
  }

  /** The condition of that name in configuration, if there is one. */
  public static Optional<RetryOn> of(String text) {
    return Arrays.stream(values()).filter(on -> on.text.equals(text)).findFirst();
  }

  /** The condition that this exception or one of its first causes meets, if there is one. */
  public static Optional<RetryOn> of(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
      RetryOn on = ofOne(cause);
      if (on != null) {
        return Optional.of(on);
      }
      cause = cause.getCause();
    }
    return Optional.empty();
  }

  private static @Nullable RetryOn ofOne(Throwable failure) {
    return switch (failure) {
      case ConnectException e -> CONNECT_FAILURE;
      case NoRouteToHostException e -> CONNECT_FAILURE;
      case UnknownHostException e -> CONNECT_FAILURE;
      case UnresolvedAddressException e -> CONNECT_FAILURE;
      case SocketTimeoutException e -> TIMEOUT;
      case TimeoutException e -> TIMEOUT;
      case CallTimeoutException e -> TIMEOUT;
      case SocketException e -> RESET;
      case EOFException e -> RESET;
      case ClosedChannelException e -> RESET;
      default -> ofHttpClient(failure.getClass().getName());
    };
  }

  /** By name, since an application without HTTP need not have the module java.net.http. */
  private static @Nullable RetryOn ofHttpClient(String type) {
    return switch (type) {
      case "java.net.http.HttpConnectTimeoutException" -> CONNECT_FAILURE;
      case "java.net.http.HttpTimeoutException" -> TIMEOUT;
      default -> null;
    };
  }

  /** Whether an answer with this HTTP status meets the condition. */
  public boolean matches(int status) {
    return switch (this) {
      case GATEWAY_ERROR -> status >= 502 && status <= 504;
      case SERVER_ERROR -> status >= 500 && status <= 599;
      case REQUEST_TIMEOUT -> status == 408;
      case TOO_EARLY -> status == 425;
      case TOO_MANY_REQUESTS -> status == 429;
      case CONNECT_FAILURE, REFUSED_STREAM, RESET, TIMEOUT -> false;
      case CANCELLED, DEADLINE_EXCEEDED, INTERNAL, RESOURCE_EXHAUSTED, UNAVAILABLE -> false;
    };
  }
}
