package io.fairlead.proxy.exchange;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Octets;
import io.fairlead.resilience.RetryOn;
import org.jspecify.annotations.Nullable;

/**
 * How a call of gRPC ended; the ordinal is the number on the wire. Safe for all threads.
 *
 * @see <a href="https://grpc.io/docs/guides/status-codes/">status codes of gRPC</a>
 */
public enum GrpcCode {
  OK(200),
  CANCELLED(499),
  UNKNOWN(500),
  INVALID_ARGUMENT(400),
  DEADLINE_EXCEEDED(504),
  NOT_FOUND(404),
  ALREADY_EXISTS(409),
  PERMISSION_DENIED(403),
  RESOURCE_EXHAUSTED(429),
  FAILED_PRECONDITION(400),
  ABORTED(409),
  OUT_OF_RANGE(400),
  UNIMPLEMENTED(501),
  INTERNAL(500),
  UNAVAILABLE(503),
  DATA_LOSS(500),
  UNAUTHENTICATED(401);

  private static final GrpcCode[] BY_NUMBER = values();
  private static final byte[] STATUS = "grpc-status".getBytes(US_ASCII);
  private static final byte[] LINE = "grpc-status:".getBytes(US_ASCII);

  private final int httpStatus;

  GrpcCode(int httpStatus) {
    this.httpStatus = httpStatus;
  }

  /** The number on the wire. */
  public int number() {
    return ordinal();
  }

  /**
   * The status of HTTP that says the same, as Envoy translates it: what judges endpoints by their
   * statuses judges calls by this one.
   */
  public int httpStatus() {
    return httpStatus;
  }

  /** Whether it is an error of the server, by OpenTelemetry's conventions for RPC spans. */
  public boolean isServerError() {
    return switch (this) {
      case UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS -> true;
      case OK,
          CANCELLED,
          INVALID_ARGUMENT,
          NOT_FOUND,
          ALREADY_EXISTS,
          PERMISSION_DENIED,
          RESOURCE_EXHAUSTED,
          FAILED_PRECONDITION,
          ABORTED,
          OUT_OF_RANGE,
          UNAUTHENTICATED ->
          false;
    };
  }

  /** The condition of retries that it meets, or null. */
  @Nullable RetryOn retryOn() {
    return switch (this) {
      case CANCELLED -> RetryOn.CANCELLED;
      case DEADLINE_EXCEEDED -> RetryOn.DEADLINE_EXCEEDED;
      case INTERNAL -> RetryOn.INTERNAL;
      case RESOURCE_EXHAUSTED -> RetryOn.RESOURCE_EXHAUSTED;
      case UNAVAILABLE -> RetryOn.UNAVAILABLE;
      case OK,
          UNKNOWN,
          INVALID_ARGUMENT,
          NOT_FOUND,
          ALREADY_EXISTS,
          PERMISSION_DENIED,
          FAILED_PRECONDITION,
          ABORTED,
          OUT_OF_RANGE,
          UNIMPLEMENTED,
          DATA_LOSS,
          UNAUTHENTICATED ->
          null;
    };
  }

  /** The status that a head carries, if the answer consists of it; or null. */
  static @Nullable GrpcCode of(Head answer) {
    int at = answer.find(STATUS, 0);
    return at < 0 ? null : parse(answer.octets(), answer.valueFrom(at), answer.valueTo(at));
  }

  /** The status in a trailer section, whose lines end with CR LF each; null if none is there. */
  static @Nullable GrpcCode of(byte[] trailers) {
    for (int from = 0; from < trailers.length; ) {
      int to = from;
      while (to < trailers.length && trailers[to] != '\n') {
        to++;
      }
      int end = from + LINE.length;
      if (end <= to && Octets.equalsLower(trailers, from, end, LINE)) {
        return parse(trailers, end, to);
      }
      from = to + 1;
    }
    return null;
  }

  /** Whether a trailer section says that a call succeeded. */
  public static boolean isOk(byte[] trailers) {
    return of(trailers) == OK;
  }

  /** A number that is none, or that nobody has given a meaning, is UNKNOWN. */
  private static GrpcCode parse(byte[] octets, int from, int to) {
    int number = -1;
    for (int i = from; i < to; i++) {
      int digit = octets[i] - '0';
      boolean space = octets[i] == ' ' || octets[i] == '\r';
      if (digit >= 0 && digit <= 9 && number <= UNAUTHENTICATED.ordinal()) {
        number = Math.max(0, number) * 10 + digit;
      } else if (!space) {
        return UNKNOWN;
      }
    }
    return number < 0 || number >= BY_NUMBER.length ? UNKNOWN : BY_NUMBER[number];
  }

  /**
   * What a client takes an answer for that says nothing of gRPC.
   *
   * @see <a href="https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md">the
   *     mapping of HTTP statuses</a>
   */
  static GrpcCode ofStatus(int status) {
    return switch (status) {
      case 400 -> INTERNAL;
      case 401 -> UNAUTHENTICATED;
      case 403 -> PERMISSION_DENIED;
      case 404 -> UNIMPLEMENTED;
      case 429, 502, 503, 504 -> UNAVAILABLE;
      default -> UNKNOWN;
    };
  }

  /** What a reply of the proxy says: the reason where it is telling, else the status. */
  public static GrpcCode of(LocalReply reply) {
    if (reply.reason() == Reason.TIMEOUT) {
      return DEADLINE_EXCEEDED;
    }
    return switch (reply.status()) {
      case 405 -> UNIMPLEMENTED;
      case 413, 431 -> INTERNAL;
      case 429 -> RESOURCE_EXHAUSTED;
      default -> ofStatus(reply.status());
    };
  }
}
