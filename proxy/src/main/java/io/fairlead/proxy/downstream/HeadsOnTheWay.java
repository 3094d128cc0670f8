package io.fairlead.proxy.downstream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.downstream.AnswerFraming.ClientVersion;
import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.HeadWriter;
import io.fairlead.proxy.loop.Input;
import io.fairlead.proxy.loop.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Heads of answers behind which no body follows, as the client gets them. Stateless. */
final class HeadsOnTheWay {
  private static final byte[] CONNECTED = "HTTP/1.1 200 OK\r\n\r\n".getBytes(US_ASCII);
  private static final byte[] SWITCHED =
      "connection: Upgrade\r\nupgrade: websocket\r\n".getBytes(US_ASCII);

  private HeadsOnTheWay() {}

  /** A 1xx head, taken from the input; empty for a client that knows none. */
  static ByteBuf informational(
      Loop loop, Head head, Input from, int headLength, ClientVersion version) {
    HeadWriter writer = loop.writer();
    writer.begin();
    if (version == ClientVersion.HTTP_1_1 && writer.isUnchanged(head)) {
      return from.take(headLength);
    }
    if (version == ClientVersion.HTTP_1_0 || writer.response(head) == HeadWriter.TOO_LARGE) {
      from.skip(headLength);
      return Unpooled.EMPTY_BUFFER;
    }
    return from.takeWithHead(loop.allocator(), writer, headLength, 0);
  }

  /** The head of 101, taken from the input, with what its layers have added. */
  static ByteBuf switched(Loop loop, Head head, Input from, int headLength) {
    head.dropAll(Field.CONTENT_LENGTH);
    head.dropAll(Field.TRANSFER_ENCODING);
    HeadWriter writer = loop.writer();
    writer.add(SWITCHED);
    if (writer.response(head) == HeadWriter.TOO_LARGE) {
      throw new IllegalStateException("the configured response headers exceed their bound");
    }
    return from.takeWithHead(loop.allocator(), writer, headLength, 0);
  }

  /** The answer to CONNECT. */
  static ByteBuf connected() {
    return Unpooled.wrappedBuffer(CONNECTED);
  }
}
