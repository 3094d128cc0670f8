package io.fairlead.proxy.downstream;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.exchange.GrpcCode;
import io.fairlead.proxy.exchange.LocalReply;

/** Says to gRPC clients what the proxy answers itself, in their words. Stateless. */
final class GrpcStatus {
  private static final String MESSAGE = "\"message\":\"";

  private GrpcStatus() {}

  /** The fields of an answer that consists of its status, with CR LF each. */
  static String lines(LocalReply reply) {
    StringBuilder lines = new StringBuilder(160);
    lines.append("content-type: application/grpc\r\n");
    lines.append(trailers(reply));
    lines.append("x-fairlead-reason: ").append(reply.reason().text()).append("\r\n");
    for (String field : reply.fields()) {
      lines.append(field).append("\r\n");
    }
    return lines.toString();
  }

  /** The fields that end an answer whose head has gone, with CR LF each. */
  static String trailers(LocalReply why) {
    String message = why.reason().text() + ": " + message(why);
    return "grpc-status: "
        + GrpcCode.of(why).number()
        + "\r\ngrpc-message: "
        + encode(message)
        + "\r\n";
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
