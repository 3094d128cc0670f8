package io.fairlead.proxy.downstream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;

/**
 * Recognises a client that speaks HTTP/2 without having asked (RFC 9113 section 3.4). Its first
 * line is no request of HTTP/1.1, whose methods do not include PRI. Stateless.
 */
final class Http2Preface {
  private static final byte[] START = "PRI * HTTP/2.0\r\n".getBytes(US_ASCII);

  /** So many octets decide. */
  static final int TELLING = START.length;

  private Http2Preface() {}

  /** Whether the octets, as far as they go, are the beginning of the preface. */
  static boolean mayBegin(ByteBuf octets) {
    int count = Math.min(octets.readableBytes(), START.length);
    for (int i = 0; i < count; i++) {
      if (octets.getByte(octets.readerIndex() + i) != START[i]) {
        return false;
      }
    }
    return count > 0;
  }
}
