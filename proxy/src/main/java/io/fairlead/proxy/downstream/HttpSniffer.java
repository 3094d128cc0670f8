package io.fairlead.proxy.downstream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;

/**
 * Tells whether the first line of a connection is a request line of HTTP, or the preface of HTTP/2
 * (RFC 9113 section 3.4). Stateless.
 */
final class HttpSniffer {
  /** A longer line is none of HTTP. */
  private static final int MAX_LINE = 8 << 10;

  private static final byte[][] METHODS = {
    octets("GET "),
    octets("POST "),
    octets("HEAD "),
    octets("PUT "),
    octets("DELETE "),
    octets("OPTIONS "),
    octets("PATCH "),
    octets("TRACE "),
    octets("CONNECT "),
    octets("PRI ")
  };
  private static final byte[] VERSION = octets(" HTTP/");

  private HttpSniffer() {}

  /** What the first octets say. */
  enum Verdict {
    HTTP,
    OTHER,
    /** More octets are needed. */
    UNDECIDED
  }

  private static byte[] octets(String text) {
    return text.getBytes(US_ASCII);
  }

  /** Reads from the reader index, which stays where it is. */
  static Verdict read(ByteBuf in) {
    if (!in.isReadable()) {
      return Verdict.UNDECIDED;
    }
    if (!mayBeMethod(in)) {
      return Verdict.OTHER;
    }
    int from = in.readerIndex();
    int end = in.indexOf(from, from + Math.min(in.readableBytes(), MAX_LINE), (byte) '\n');
    if (end < 0) {
      return in.readableBytes() >= MAX_LINE ? Verdict.OTHER : Verdict.UNDECIDED;
    }
    // " HTTP/1.1" and CR stand before the end of the line.
    int version = end - VERSION.length - 4;
    return version > from && begins(in, version, VERSION) ? Verdict.HTTP : Verdict.OTHER;
  }

  /** Whether the octets, as far as they have come, begin with a method that is in use. */
  static boolean mayBeMethod(ByteBuf in) {
    for (byte[] method : METHODS) {
      if (begins(in, in.readerIndex(), method)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the octets from there on are these, as far as they have come. */
  private static boolean begins(ByteBuf in, int from, byte[] wanted) {
    int present = Math.min(in.writerIndex() - from, wanted.length);
    for (int i = 0; i < present; i++) {
      if (in.getByte(from + i) != wanted[i]) {
        return false;
      }
    }
    return true;
  }
}
