package io.fairlead.resilience;

import java.util.Arrays;
import java.util.Optional;

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

  /** Whether an answer with this HTTP status meets the condition. */
  public boolean matches(int status) {
    return switch (this) {
      case GATEWAY_ERROR -> status >= 502 && status <= 504;
      case SERVER_ERROR -> status >= 500 && status <= 599;
      case CONNECT_FAILURE, REFUSED_STREAM, RESET, TIMEOUT -> false;
    };
  }
}
