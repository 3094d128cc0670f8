package io.fairlead.proxy.downstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.http1.Method;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Writes the answers that the proxy makes itself as HTTP/1.1. Stateless. */
final class ReplyEncoder {
  /** What the answer says of the connection. */
  enum Connection {
    /** Nothing, so HTTP/1.1 keeps it. */
    DEFAULT,
    CLOSE,
    KEEP_ALIVE
  }

  private ReplyEncoder() {}

  static ByteBuf encode(
      ByteBufAllocator allocator, LocalReply reply, Method method, Connection connection) {
    byte[] body = reply.status() == 204 ? new byte[0] : reply.body().getBytes(UTF_8);
    StringBuilder head = new StringBuilder(256);
    head.append("HTTP/1.1 ").append(reply.status()).append(' ');
    head.append(StatusText.of(reply.status())).append("\r\n");
    head.append(lines(reply, body.length));
    switch (connection) {
      case CLOSE -> head.append("connection: close\r\n");
      case KEEP_ALIVE -> head.append("connection: keep-alive\r\n");
      case DEFAULT -> {}
    }
    head.append("\r\n");
    byte[] octets = head.toString().getBytes(ISO_8859_1);
    ByteBuf out = allocator.ioBuffer(octets.length + body.length);
    out.writeBytes(octets);
    return method == Method.HEAD ? out : out.writeBytes(body);
  }

  /** The field lines of an answer, with CR LF each, but for those about the connection. */
  static String lines(LocalReply reply, int bodyLength) {
    StringBuilder lines = new StringBuilder(192);
    lines.append("date: ").append(date()).append("\r\n");
    if (reply.status() != 204) {
      lines.append("content-type: ").append(reply.contentType()).append("\r\n");
      lines.append("content-length: ").append(bodyLength).append("\r\n");
    }
    lines.append("x-fairlead-reason: ").append(reply.reason().text()).append("\r\n");
    for (String field : reply.fields()) {
      lines.append(field).append("\r\n");
    }
    return lines.toString();
  }

  private static String date() {
    return DateTimeFormatter.RFC_1123_DATE_TIME.format(Instant.now().atOffset(ZoneOffset.UTC));
  }
}
