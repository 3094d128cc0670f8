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
 * An outcome that may be retried, by the names that Envoy's {@code retry_on} uses. A status of 4xx
 * is in none of them: the request itself was wrong and stays so.
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
  SERVER_ERROR("5xx");

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
      case SocketException e -> RESET;
      case EOFException e -> RESET;
      case ClosedChannelException e -> RESET;
      default -> null;
    };
  }

  /** Whether an answer with this HTTP status meets the condition. */
  public boolean matches(int status) {
    return switch (this) {
      case GATEWAY_ERROR -> status >= 502 && status <= 504;
      case SERVER_ERROR -> status >= 500 && status <= 599;
      case CONNECT_FAILURE, REFUSED_STREAM, RESET, TIMEOUT -> false;
    };
  }
}
