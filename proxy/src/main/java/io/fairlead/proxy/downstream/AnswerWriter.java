package io.fairlead.proxy.downstream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.downstream.AnswerFraming.ClientVersion;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.HeadWriter;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.http1.Method;
import io.fairlead.proxy.loop.Input;
import io.fairlead.proxy.loop.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;

/** Writes the answers of one HTTP/1.1 connection. Belongs to its loop. */
final class AnswerWriter {
  private static final byte[] CLOSE = "connection: close\r\n".getBytes(US_ASCII);
  private static final byte[] KEEP_ALIVE = "connection: keep-alive\r\n".getBytes(US_ASCII);

  private static final byte[] CONNECTED = "HTTP/1.1 200 OK\r\n\r\n".getBytes(US_ASCII);
  private static final byte[] SWITCHED =
      "connection: Upgrade\r\nupgrade: websocket\r\n".getBytes(US_ASCII);

  private final Loop loop;
  private final Channel channel;
  private final AnswerFraming framing;

  AnswerWriter(Loop loop, Channel channel, Http1Limits limits) {
    this.loop = loop;
    this.channel = channel;
    framing = new AnswerFraming(limits);
  }

  void write(ByteBuf octets) {
    channel.write(octets, channel.voidPromise());
    loop.flushLater(channel);
  }

  void informational(Head head, Input from, int headLength) {
    loop.writer().begin();
    if (!writeHead(head, from, headLength, 0)) {
      from.skip(headLength);
    }
  }

  /**
   * Writes the head of an answer and what follows it.
   *
   * @param last whether the connection ends with this answer anyway
   * @return whether it ends with it
   */
  boolean answer(
      Head head,
      Input from,
      int headLength,
      int follow,
      BodyReader body,
      ClientVersion version,
      Method method,
      boolean last) {
    HeadWriter writer = loop.writer();
    framing.begin(head, body.framing(), writer, version, method);
    boolean closing = last || framing.endsAtClose();
    if (closing) {
      writer.add(CLOSE);
    } else if (version == ClientVersion.HTTP_1_0) {
      writer.add(KEEP_ALIVE);
    }
    int together = framing.isAsItCame() ? follow : 0;
    if (!writeHead(head, from, headLength, together)) {
      throw new IllegalStateException("the configured response headers exceed their bound");
    }
    if (together < follow) {
      body(from, follow);
    }
    return closing;
  }

  /** Writes a head with so many octets behind it; false if it is larger than a head may be. */
  private boolean writeHead(Head head, Input from, int headLength, int follow) {
    HeadWriter writer = loop.writer();
    if (headLength > 0 && writer.isUnchanged(head)) {
      write(from.take(headLength + follow));
      return true;
    }
    if (writer.response(head) == HeadWriter.TOO_LARGE) {
      return false;
    }
    write(from.takeWithHead(loop.allocator(), writer, headLength, follow));
    return true;
  }

  void body(Input from, int count) {
    framing.write(from.take(count), loop.allocator(), this::write);
  }

  void end() {
    framing.end(loop.allocator(), this::write);
  }

  /** The head of 101, with what its layers have added. */
  void switched(Head head, Input from, int headLength) {
    head.dropAll(Field.CONTENT_LENGTH);
    head.dropAll(Field.TRANSFER_ENCODING);
    loop.writer().add(SWITCHED);
    if (!writeHead(head, from, headLength, 0)) {
      throw new IllegalStateException("the configured response headers exceed their bound");
    }
  }

  /** The answer to CONNECT. */
  void connected() {
    write(Unpooled.wrappedBuffer(CONNECTED));
  }

  void reply(LocalReply reply, Method method, ClientVersion version, boolean last) {
    var connection =
        last
            ? ReplyEncoder.Connection.CLOSE
            : version == ClientVersion.HTTP_1_0
                ? ReplyEncoder.Connection.KEEP_ALIVE
                : ReplyEncoder.Connection.DEFAULT;
    write(ReplyEncoder.encode(loop.allocator(), reply, method, connection));
  }
}
