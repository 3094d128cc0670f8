package io.fairlead.proxy.http2;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.loop.Input;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * Cuts what a peer sends into frames (RFC 9113 section 4.1). Frames other than data come whole;
 * data is handed on as it comes. Belongs to its connection's loop.
 */
final class FrameInput {
  /** The largest frame that is accepted: what a peer may send without being told more. */
  static final int MAX_FRAME = 16_384;

  /** What every client begins with (RFC 9113 section 3.4). */
  static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);

  /** Receives the frames. */
  interface Frames {
    /** A frame other than data; its payload is in the scratch array. */
    void frame(int type, int flags, int stream, byte[] payload, int length);

    /** A data frame begins; the whole of its length counts for flow control. */
    void dataBegins(int stream, int length, int flags);

    /** Octets of the data frame that has begun; takes them. */
    void data(ByteBuf octets);

    /** The data frame is over, with so many octets of padding in it. */
    void dataEnds(int padding);

    /** The octets are no frames; nothing after them can be read. */
    void broken(Http2Error error, String why);

    /** Whether nothing more is to be read. */
    boolean isClosed();
  }

  private final Input input = new Input();
  private final byte[] payload;
  private final Frames frames;
  private int prefaceLeft;
  private boolean inData;
  private int dataLeft;
  private int padding;
  private int padded;

  FrameInput(byte[] payload, Frames frames) {
    this.payload = payload;
    this.frames = frames;
  }

  /** The peer must begin with the preface of clients (RFC 9113 section 3.4). */
  void expectPreface() {
    prefaceLeft = PREFACE.length;
  }

  void read(ByteBufAllocator allocator, ByteBuf received) {
    input.append(allocator, received);
    boolean more = true;
    while (more && !frames.isClosed() && !input.isEmpty()) {
      more = prefaceLeft > 0 ? preface() : inData ? data() : frame();
    }
    if (frames.isClosed()) {
      input.clear();
    }
  }

  private boolean preface() {
    ByteBuf in = input.octets();
    int count = Math.min(prefaceLeft, in.readableBytes());
    for (int i = 0; i < count; i++) {
      if (in.getByte(in.readerIndex() + i) != PREFACE[PREFACE.length - prefaceLeft + i]) {
        frames.broken(Http2Error.PROTOCOL_ERROR, "the connection preface is malformed");
        return false;
      }
    }
    prefaceLeft -= count;
    input.skip(count);
    return true;
  }

  private boolean frame() {
    ByteBuf in = input.octets();
    if (in.readableBytes() < FrameType.HEADER) {
      return false;
    }
    int at = in.readerIndex();
    int length = in.getUnsignedMedium(at);
    int type = in.getUnsignedByte(at + 3);
    int flags = in.getUnsignedByte(at + 4);
    int stream = in.getInt(at + 5) & Integer.MAX_VALUE;
    if (length > MAX_FRAME) {
      frames.broken(Http2Error.FRAME_SIZE_ERROR, "a frame of " + length + " octets is too large");
      return false;
    }
    if (type == FrameType.DATA) {
      return beginData(in, length, flags, stream);
    }
    if (in.readableBytes() < FrameType.HEADER + length) {
      return false;
    }
    in.getBytes(at + FrameType.HEADER, payload, 0, length);
    input.skip(FrameType.HEADER + length);
    frames.frame(type, flags, stream, payload, length);
    return true;
  }

  private boolean beginData(ByteBuf in, int length, int flags, int stream) {
    boolean isPadded = (flags & FrameType.PADDED) != 0;
    int prefix = isPadded ? 1 : 0;
    if (length < prefix) {
      frames.broken(Http2Error.FRAME_SIZE_ERROR, "a padded frame has no room for its padding");
      return false;
    }
    if (in.readableBytes() < FrameType.HEADER + prefix) {
      return false;
    }
    padding = isPadded ? in.getUnsignedByte(in.readerIndex() + FrameType.HEADER) : 0;
    dataLeft = length - prefix - padding;
    padded = padding + prefix;
    if (dataLeft < 0) {
      frames.broken(Http2Error.PROTOCOL_ERROR, "the padding is longer than its frame");
      return false;
    }
    inData = true;
    input.skip(FrameType.HEADER + prefix);
    frames.dataBegins(stream, length, flags);
    return frames.isClosed() || dataLeft > 0 || data();
  }

  private boolean data() {
    if (dataLeft > 0) {
      int count = Math.min(dataLeft, input.length());
      dataLeft -= count;
      frames.data(input.take(count));
    }
    if (dataLeft > 0) {
      return true;
    }
    int dropped = Math.min(padding, input.length());
    padding -= dropped;
    if (dropped > 0) {
      input.skip(dropped);
    }
    if (padding > 0) {
      return false;
    }
    inData = false;
    frames.dataEnds(padded);
    return true;
  }

  /** Whether a frame has begun that is not complete. */
  boolean isPartial() {
    return !input.isEmpty() || inData;
  }

  /** Drops what was received. */
  void clear() {
    input.clear();
  }
}
