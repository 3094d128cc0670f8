package io.fairlead.proxy.downstream;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.http1.Head;

/**
 * Says to gRPC clients what the proxy answers itself: a status of theirs, by the reason where it is
 * telling, else by the status of HTTP as they would take it themselves. Stateless.
 *
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md">the
 *     mapping of HTTP statuses</a>
 */
final class GrpcStatus {
  private static final byte[] CONTENT_TYPE = "content-type".getBytes(UTF_8);
  private static final String GRPC = "application/grpc";
  private static final String MESSAGE = "\"message\":\"";
  private static final int UNKNOWN = 2;
  private static final int DEADLINE_EXCEEDED = 4;
  private static final int PERMISSION_DENIED = 7;
  private static final int RESOURCE_EXHAUSTED = 8;
  private static final int UNIMPLEMENTED = 12;
  private static final int INTERNAL = 13;
  private static final int UNAVAILABLE = 14;
  private static final int UNAUTHENTICATED = 16;

  private GrpcStatus() {}

  /** Whether the request is a call of gRPC, and not of gRPC-Web. */
  static boolean isCall(Head head) {
    int at = head.find(CONTENT_TYPE, 0);
    if (at < 0) {
      return false;
    }
    String type = head.value(at);
    int end = GRPC.length();
    return type.startsWith(GRPC)
        && (type.length() == end || type.charAt(end) == '+' || type.charAt(end) == ';');
  }

  /** The status code of a reply. */
  static int of(LocalReply reply) {
    if (reply.reason() == Reason.TIMEOUT) {
      return DEADLINE_EXCEEDED;
    }
    return switch (reply.status()) {
      case 400, 413, 431 -> INTERNAL;
      case 401 -> UNAUTHENTICATED;
      case 403 -> PERMISSION_DENIED;
      case 404, 405 -> UNIMPLEMENTED;
      case 429 -> RESOURCE_EXHAUSTED;
      case 502, 503, 504 -> UNAVAILABLE;
      default -> UNKNOWN;
    };
  }

  /** The fields of an answer that consists of its status, with CR LF each. */
  static String lines(LocalReply reply) {
    String message = reply.reason().text() + ": " + message(reply);
    StringBuilder lines = new StringBuilder(160);
    lines.append("content-type: application/grpc\r\n");
    lines.append("grpc-status: ").append(of(reply)).append("\r\n");
    lines.append("grpc-message: ").append(encode(message)).append("\r\n");
    lines.append("x-fairlead-reason: ").append(reply.reason().text()).append("\r\n");
    for (String field : reply.fields()) {
      lines.append(field).append("\r\n");
    }
    return lines.toString();
  }

  /** What the body says in words. */
  private static String message(LocalReply reply) {
    String body = reply.body().strip();
    int from = body.indexOf(MESSAGE);
    boolean ours = from >= 0 && body.endsWith("\"}");
    return ours ? body.substring(from + MESSAGE.length(), body.length() - 2) : body;
  }

  /** Octets that are no visible ASCII, and the percent sign, are encoded. */
  private static String encode(String message) {
    StringBuilder encoded = new StringBuilder(message.length());
    for (byte octet : message.getBytes(UTF_8)) {
      if (octet >= ' ' && octet < 127 && octet != '%') {
        encoded.append((char) octet);
      } else {
        encoded.append('%').append(String.format("%02X", octet & 0xff));
      }
    }
    return encoded.toString();
  }
}
