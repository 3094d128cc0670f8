package io.fairlead.proxy.downstream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Framing;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.HeadWriter;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.http1.Method;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How the body of one answer is framed for the client. Nearly always as it came; an HTTP/1.0 client
 * gets chunks without their framing, and what only the end of the upstream's connection delimits is
 * chunked, so that the client's connection can stay. Belongs to its connection.
 */
final class AnswerFraming {
  private enum Mode {
    AS_IT_CAME,
    UNWRAP_CHUNKS,
    WRAP_CHUNKS
  }

  private static final byte[] CHUNKED = "transfer-encoding: chunked\r\n".getBytes(US_ASCII);
  private static final byte[] NO_BODY = "content-length: 0\r\n".getBytes(US_ASCII);
  private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(US_ASCII);

  private final Http1Limits limits;
  private Mode mode = Mode.AS_IT_CAME;
  private boolean endsAtClose;
  private @Nullable BodyReader unwrapper;

  AnswerFraming(Http1Limits limits) {
    this.limits = limits;
  }

  /** Begins an answer and changes its head where the framing changes. */
  void begin(Head head, Framing framing, HeadWriter writer, ClientVersion client, Method method) {
    mode = Mode.AS_IT_CAME;
    endsAtClose = false;
    if (head.status() == 204) {
      head.dropAll(Field.CONTENT_LENGTH);
      head.dropAll(Field.TRANSFER_ENCODING);
    }
    if (framing == Framing.NONE && lacksLength(head, method)) {
      writer.add(NO_BODY);
    } else if (framing == Framing.UNTIL_CLOSE) {
      endsAtClose = client == ClientVersion.HTTP_1_0;
      if (!endsAtClose) {
        mode = Mode.WRAP_CHUNKS;
        writer.add(CHUNKED);
      }
    } else if (framing == Framing.CHUNKED && client == ClientVersion.HTTP_1_0) {
      mode = Mode.UNWRAP_CHUNKS;
      endsAtClose = true;
      head.dropAll(Field.TRANSFER_ENCODING);
      head.dropAll(Field.TRAILER);
      unwrapper = new BodyReader(limits);
      unwrapper.start(Framing.CHUNKED, 0);
    }
  }

  /** HTTP/2 tells the end of a body by other means than its length. */
  private static boolean lacksLength(Head head, Method method) {
    return head.contentLength() < 0
        && method != Method.HEAD
        && head.status() != 204
        && head.status() != 304;
  }

  /** What the client speaks. */
  enum ClientVersion {
    HTTP_1_0,
    HTTP_1_1;

    /** What an answer says of a connection that stays. */
    ReplyEncoder.Connection staying() {
      return this == HTTP_1_0
          ? ReplyEncoder.Connection.KEEP_ALIVE
          : ReplyEncoder.Connection.DEFAULT;
    }
  }

  /** Whether only the end of the connection tells the client where the body ends. */
  boolean endsAtClose() {
    return endsAtClose;
  }

  /**
   * Whether octets of the body go on as they are, so that they can follow the head in its buffer.
   */
  boolean isAsItCame() {
    return mode == Mode.AS_IT_CAME;
  }

  /** Frames octets of the body; takes them, and gives what is to be written. */
  void write(ByteBuf octets, ByteBufAllocator allocator, Consumer<ByteBuf> out) {
    switch (mode) {
      case AS_IT_CAME -> out.accept(octets);
      case WRAP_CHUNKS -> {
        if (octets.isReadable()) {
          String size = Integer.toHexString(octets.readableBytes()) + "\r\n";
          out.accept(allocator.ioBuffer(16).writeBytes(size.getBytes(US_ASCII)));
          out.accept(octets);
          out.accept(allocator.ioBuffer(2).writeShort('\r' << 8 | '\n'));
        } else {
          octets.release();
        }
      }
      case UNWRAP_CHUNKS -> {
        if (unwrapper != null) {
          unwrapper.read(
              octets, (index, length) -> out.accept(octets.retainedSlice(index, length)));
        }
        octets.release();
      }
    }
  }

  /** Ends the body. */
  void end(ByteBufAllocator allocator, Consumer<ByteBuf> out) {
    if (mode == Mode.WRAP_CHUNKS) {
      out.accept(allocator.ioBuffer(LAST_CHUNK.length).writeBytes(LAST_CHUNK));
    }
    mode = Mode.AS_IT_CAME;
    unwrapper = null;
  }
}
