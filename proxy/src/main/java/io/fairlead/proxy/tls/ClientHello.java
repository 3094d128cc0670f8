package io.fairlead.proxy.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import java.util.Locale;

/**
 * Finds the server that a client names when it begins TLS (RFC 8446 section 4.1.2, RFC 6066 section
 * 3), without taking part in it. The message may be cut into records, and records into segments,
 * anywhere. Stateless; what it holds at a time is bounded.
 */
public final class ClientHello {
  /** Longest message that is read; usual ones have up to 2 KiB. */
  static final int MAX_HELLO = 16 << 10;

  private static final int RECORD_HEADER = 5;
  private static final int MAX_RECORD = 16 << 10;
  private static final int HANDSHAKE = 22;
  private static final int CLIENT_HELLO = 1;
  private static final int SERVER_NAME = 0;
  private static final int MAX_NAME = 255;

  /** Records into which the message may be cut; usual ones fit into one. */
  private static final int MAX_RECORDS = 128;

  private ClientHello() {}

  /** What the first octets of a connection are. */
  public sealed interface Result {
    /** More octets are needed. */
    record Incomplete() implements Result {}

    /** TLS, with the server's name in lower case; empty if the client names none. */
    record Named(String serverName) implements Result {}

    /** No TLS. */
    record Plain() implements Result {}

    /** TLS that breaks its rules or exceeds the bound. */
    record Faulty() implements Result {}
  }

  private static final Result INCOMPLETE = new Result.Incomplete();
  private static final Result FAULTY = new Result.Faulty();
  private static final Result PLAIN = new Result.Plain();

  /** Whether this is how TLS begins, as far as one octet tells. */
  public static boolean mayBegin(byte first) {
    return first == HANDSHAKE;
  }

  /** Reads from the reader index, which stays where it is. */
  public static Result read(ByteBuf in) {
    int at = in.readerIndex();
    int end = in.writerIndex();
    byte[] message = new byte[Math.min(in.readableBytes(), MAX_HELLO + 4)];
    int length = 0;
    for (int records = 1; end - at >= 1; records++) {
      if (records > MAX_RECORDS) {
        return FAULTY;
      }
      if (in.getByte(at) != HANDSHAKE) {
        return length == 0 ? PLAIN : FAULTY;
      }
      if (end - at >= 2 && in.getByte(at + 1) != 3) {
        return length == 0 ? PLAIN : FAULTY;
      }
      if (end - at < RECORD_HEADER) {
        return INCOMPLETE;
      }
      int record = in.getUnsignedShort(at + 3);
      if (record == 0 || record > MAX_RECORD) {
        return FAULTY;
      }
      int part = Math.min(record, end - at - RECORD_HEADER);
      int taken = Math.min(part, message.length - length);
      in.getBytes(at + RECORD_HEADER, message, length, taken);
      length += taken;
      Result result = handshake(message, length);
      if (result != INCOMPLETE || part < record) {
        return result;
      }
      at += RECORD_HEADER + record;
    }
    return INCOMPLETE;
  }

  private static Result handshake(byte[] message, int length) {
    if (length >= 1 && message[0] != CLIENT_HELLO) {
      return FAULTY;
    }
    if (length < 4) {
      return INCOMPLETE;
    }
    int hello = number(message, 1, 3);
    if (hello > MAX_HELLO) {
      return FAULTY;
    }
    return length < 4 + hello ? INCOMPLETE : hello(message, 4, 4 + hello);
  }

  private static int number(byte[] b, int from, int octets) {
    int number = 0;
    for (int i = from; i < from + octets; i++) {
      number = number << 8 | b[i] & 0xff;
    }
    return number;
  }

  /** The end of a vector with a length of so many octets, or -1 if it does not fit. */
  private static int skip(byte[] b, int at, int octets, int end) {
    if (at < 0 || end - at < octets) {
      return -1;
    }
    int next = at + octets + number(b, at, octets);
    return next > end ? -1 : next;
  }

  private static Result hello(byte[] b, int from, int end) {
    // Version and random have a fixed length.
    int at = end - from < 34 ? -1 : from + 34;
    at = skip(b, at, 1, end);
    at = skip(b, at, 2, end);
    at = skip(b, at, 1, end);
    if (at == end) {
      return new Result.Named("");
    }
    int extensions = at;
    if (at < 0 || skip(b, at, 2, end) != end) {
      return FAULTY;
    }
    at = extensions + 2;
    while (at < end) {
      if (end - at < 4) {
        return FAULTY;
      }
      int type = number(b, at, 2);
      int next = skip(b, at + 2, 2, end);
      if (next < 0) {
        return FAULTY;
      }
      if (type == SERVER_NAME) {
        return serverName(b, at + 4, next);
      }
      at = next;
    }
    return new Result.Named("");
  }

  /** A list of one name, whose type is that of a host. */
  private static Result serverName(byte[] b, int from, int end) {
    if (skip(b, from, 2, end) != end || end - from < 5 || b[from + 2] != 0) {
      return FAULTY;
    }
    int stop = skip(b, from + 3, 2, end);
    int length = stop - from - 5;
    if (stop < 0 || length < 1 || length > MAX_NAME) {
      return FAULTY;
    }
    for (int i = from + 5; i < stop; i++) {
      if (b[i] <= ' ' || b[i] == 0x7f) {
        return FAULTY;
      }
    }
    return new Result.Named(new String(b, from + 5, length, US_ASCII).toLowerCase(Locale.ROOT));
  }
}
