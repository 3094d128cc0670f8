package io.fairlead.proxy.http1;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;

/**
 * Parses the heads of answers (RFC 9112 sections 4 and 5) on an array that is used again for every
 * answer. One per event loop; not thread-safe. The result is {@link #head()} until the next call.
 */
public final class ResponseParser {
  /** More octets are needed. */
  public static final int INCOMPLETE = FieldParser.INCOMPLETE;

  /** The head is refused; {@link #fault()} says why. */
  public static final int FAULTY = FieldParser.FAULTY;

  private static final int FIRST_COPY = 1_024;
  private static final byte[] VERSION = "HTTP/1.".getBytes(US_ASCII);

  private final Http1Limits limits;
  private final Head head;
  private final FieldParser fieldParser;

  public ResponseParser(Http1Limits limits) {
    this.limits = limits;
    this.head = new Head(limits);
    this.fieldParser = new FieldParser(head);
  }

  public Head head() {
    return head;
  }

  public Fault fault() {
    return fieldParser.fault();
  }

  /**
   * Parses the head at the reader index and leaves the index there.
   *
   * @return octets of the head, {@link #INCOMPLETE} or {@link #FAULTY}
   */
  public int parse(ByteBuf in) {
    int available = Math.min(in.readableBytes(), limits.headBytes());
    int end = Math.min(available, FIRST_COPY);
    in.getBytes(in.readerIndex(), head.octets, 0, end);
    int result = parse(end);
    if (result == INCOMPLETE && end < available) {
      in.getBytes(in.readerIndex() + end, head.octets, end, available - end);
      end = available;
      result = parse(end);
    }
    return result == INCOMPLETE && end == limits.headBytes()
        ? fieldParser.fail(Fault.HEAD_TOO_LARGE)
        : result;
  }

  private int parse(int end) {
    byte[] b = head.octets;
    head.clear();
    int present = Math.min(end, VERSION.length);
    for (int i = 0; i < present; i++) {
      if (b[i] != VERSION[i]) {
        return fieldParser.fail(i >= 5 ? Fault.VERSION : Fault.START_LINE);
      }
    }
    // HTTP/1.x SP 3DIGIT and either SP or the end of the line
    if (end < 13) {
      return INCOMPLETE;
    }
    if (b[7] != '1' && b[7] != '0') {
      return fieldParser.fail(Fault.VERSION);
    }
    head.http10 = b[7] == '0';
    int hundreds = b[9] - '0';
    int tens = b[10] - '0';
    int ones = b[11] - '0';
    boolean digits = hundreds >= 1 && hundreds <= 5 && isDigit(tens) && isDigit(ones);
    if (b[8] != ' ' || !digits || b[12] != ' ' && b[12] != Octets.CR) {
      return fieldParser.fail(Fault.START_LINE);
    }
    head.status = hundreds * 100 + tens * 10 + ones;
    int at = 12;
    while (at < end && Octets.is(b[at], Octets.VALUE)) {
      at++;
    }
    if (at < end && b[at] != Octets.CR) {
      return fieldParser.fail(b[at] == Octets.LF ? Fault.BARE_LF : Fault.START_LINE);
    }
    if (at + 1 >= end) {
      return INCOMPLETE;
    }
    return b[at + 1] == Octets.LF
        ? fieldParser.parse(at + 2, end)
        : fieldParser.fail(Fault.BARE_CR);
  }

  FieldParser fieldParser() {
    return fieldParser;
  }

  private static boolean isDigit(int digit) {
    return digit >= 0 && digit <= 9;
  }
}
