package io.fairlead.proxy.http2;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** Writes the chunks of HTTP/1.1 (RFC 9112 section 7.1). Stateless. */
public final class Chunks {
  private static final byte[] CRLF = {'\r', '\n'};
  private static final byte[] LAST_CHUNK = "0\r\n".getBytes(US_ASCII);

  private Chunks() {}

  /** A chunk of these octets, which it takes; nothing for none, since that would be the last. */
  public static ByteBuf chunk(ByteBufAllocator allocator, ByteBuf octets) {
    int count = octets.readableBytes();
    if (count == 0) {
      return octets;
    }
    byte[] size = Integer.toHexString(count).getBytes(US_ASCII);
    ByteBuf chunk = allocator.ioBuffer(count + size.length + 2 * CRLF.length);
    chunk.writeBytes(size).writeBytes(CRLF).writeBytes(octets).writeBytes(CRLF);
    octets.release();
    return chunk;
  }

  /**
   * The end of a chunked body.
   *
   * @param trailers field lines with CR LF each
   */
  public static ByteBuf last(ByteBufAllocator allocator, byte[] trailers) {
    ByteBuf end = allocator.ioBuffer(LAST_CHUNK.length + trailers.length + CRLF.length);
    return end.writeBytes(LAST_CHUNK).writeBytes(trailers).writeBytes(CRLF);
  }
}
