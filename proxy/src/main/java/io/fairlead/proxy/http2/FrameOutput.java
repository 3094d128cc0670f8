package io.fairlead.proxy.http2;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.loop.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import org.jspecify.annotations.Nullable;

/**
 * Writes the frames of a connection. Small ones are gathered in a buffer that goes to the channel
 * when it is flushed, at the end of the loop's turn, so that many answers make one TLS record and
 * one system call. Belongs to its loop.
 */
final class FrameOutput {
  private static final int FIRST_BUFFER = 1 << 10;
  private static final int LARGEST_BUFFER = 16 << 10;

  /**
   * Data up to this is copied behind its frame header, which costs less than a buffer of its own.
   */
  private static final int COPIED = 1 << 10;

  private final Loop loop;
  private final ChannelHandlerContext context;
  private @Nullable ByteBuf buffer;
  private int controls;

  FrameOutput(Loop loop, ChannelHandlerContext context) {
    this.loop = loop;
    this.context = context;
  }

  private ByteBuf room(int octets) {
    ByteBuf present = buffer;
    if (present != null && present.readableBytes() > LARGEST_BUFFER) {
      emit();
      present = null;
    }
    if (present == null) {
      present = loop.allocator().ioBuffer(Math.max(FIRST_BUFFER, octets));
      buffer = present;
      loop.flushLater(context.channel());
    }
    return present.ensureWritable(octets);
  }

  private static void header(ByteBuf out, int length, int type, int flags, int stream) {
    out.writeLong((long) length << 40 | (long) type << 32 | (long) flags << 24 | stream >>> 8);
    out.writeByte(stream);
  }

  private ByteBuf frame(int length, int type, int flags, int stream) {
    ByteBuf out = room(FrameType.HEADER + length);
    header(out, length, type, flags, stream);
    return out;
  }

  /** Gives what was gathered to the channel. */
  void emit() {
    ByteBuf present = buffer;
    if (present != null) {
      buffer = null;
      controls = 0;
      context.write(present, context.voidPromise());
    }
  }

  /** Drops what was gathered; nothing can be written any more. */
  void close() {
    if (buffer != null) {
      buffer.release();
      buffer = null;
    }
  }

  /** Answers to frames of the peer that wait for the next flush. */
  int controls() {
    return controls;
  }

  void octets(byte[] octets) {
    room(octets.length).writeBytes(octets);
  }

  /** Settings as pairs of identifier and value. */
  void settings(int... pairs) {
    ByteBuf out = frame(pairs.length * 3, FrameType.SETTINGS, 0, 0);
    for (int i = 0; i < pairs.length; i += 2) {
      out.writeShort(pairs[i]).writeInt(pairs[i + 1]);
    }
  }

  void settingsAck() {
    controls++;
    frame(0, FrameType.SETTINGS, FrameType.ACK, 0);
  }

  void ping(long opaque) {
    frame(8, FrameType.PING, 0, 0).writeLong(opaque);
  }

  void pingAck(long opaque) {
    controls++;
    frame(8, FrameType.PING, FrameType.ACK, 0).writeLong(opaque);
  }

  void reset(int stream, Http2Error error) {
    controls++;
    frame(4, FrameType.RST_STREAM, 0, stream).writeInt(error.code());
  }

  void windowUpdate(int stream, int increment) {
    frame(4, FrameType.WINDOW_UPDATE, 0, stream).writeInt(increment);
  }

  void goAway(int lastStream, Http2Error error, String why) {
    byte[] text = why.getBytes(UTF_8);
    frame(8 + text.length, FrameType.GOAWAY, 0, 0)
        .writeInt(lastStream)
        .writeInt(error.code())
        .writeBytes(text);
  }

  /** A header block, cut into as many frames as it takes. */
  void headers(int stream, byte[] block, int length, int maxFrame, boolean end) {
    int part = Math.min(length, maxFrame);
    int flags = end ? FrameType.END_STREAM : 0;
    flags |= part == length ? FrameType.END_HEADERS : 0;
    frame(part, FrameType.HEADERS, flags, stream).writeBytes(block, 0, part);
    for (int at = part; at < length; at += part) {
      part = Math.min(length - at, maxFrame);
      flags = at + part == length ? FrameType.END_HEADERS : 0;
      frame(part, FrameType.CONTINUATION, flags, stream).writeBytes(block, at, part);
    }
  }

  /** Octets of a body that fit into one frame; takes them. */
  void data(int stream, ByteBuf octets, boolean end) {
    int length = octets.readableBytes();
    boolean copied = length <= COPIED;
    ByteBuf out = room(FrameType.HEADER + (copied ? length : 0));
    header(out, length, FrameType.DATA, end ? FrameType.END_STREAM : 0, stream);
    if (copied) {
      out.writeBytes(octets);
      octets.release();
    } else {
      emit();
      context.write(octets, context.voidPromise());
    }
  }
}
