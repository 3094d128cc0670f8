package io.fairlead.proxy.log;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/**
 * Writes one line after the other on an array that is used again. What comes from outside is
 * escaped, so that no value can end a line or a string, or reach a terminal as a command. For one
 * thread.
 */
final class LineWriter {
  private static final byte[] DIGITS = "0123456789abcdef".getBytes(US_ASCII);
  private static final byte[] REPLACEMENT = "\\ufffd".getBytes(US_ASCII);

  private byte[] out = new byte[1_024];
  private int length;

  /** How values are escaped. */
  enum Escape {
    /** Octets that are no printable ASCII, quotes and backslashes as {@code \xNN}. */
    TEXT,
    /** As a string of JSON wants it; what is no UTF-8 becomes U+FFFD. */
    JSON
  }

  void begin() {
    length = 0;
  }

  byte[] line() {
    return Arrays.copyOf(out, length);
  }

  int length() {
    return length;
  }

  /** Takes back what was written behind this length. */
  void cutTo(int before) {
    length = before;
  }

  private void room(int more) {
    if (length + more > out.length) {
      out = Arrays.copyOf(out, Math.max(out.length * 2, length + more));
    }
  }

  void octet(int octet) {
    room(1);
    out[length++] = (byte) octet;
  }

  /** As they stand: they come from the configuration. */
  void raw(byte[] octets) {
    room(octets.length);
    System.arraycopy(octets, 0, out, length, octets.length);
    length += octets.length;
  }

  /** ASCII that this program itself made. */
  @SuppressWarnings("deprecation") // copies ASCII without an array in between
  void ascii(String text) {
    room(text.length());
    text.getBytes(0, text.length(), out, length);
    length += text.length();
  }

  void number(long value) {
    if (value < 0) {
      octet('-');
    }
    long rest = Math.abs(value);
    int digits = 1;
    for (long bound = 10; digits < 19 && rest >= bound; bound *= 10) {
      digits++;
    }
    room(digits);
    for (int i = length + digits - 1; i >= length; i--) {
      out[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
  }

  /** A number with leading zeros. */
  void digits(int value, int width) {
    room(width);
    int rest = value;
    for (int i = length + width - 1; i >= length; i--) {
      out[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += width;
  }

  /** A value from outside. */
  void value(byte[] octets, int from, int to, Escape escape) {
    int at = from;
    while (at < to) {
      int octet = octets[at] & 0xff;
      if (octet >= ' ' && octet < 0x7f && octet != '"' && octet != '\\') {
        octet(octet);
        at++;
      } else {
        at =
            switch (escape) {
              case TEXT -> hex(octets, at);
              case JSON -> json(octets, at, to);
            };
      }
    }
  }

  private int hex(byte[] octets, int at) {
    octet('\\');
    octet('x');
    octet(DIGITS[octets[at] >> 4 & 0xf]);
    octet(DIGITS[octets[at] & 0xf]);
    return at + 1;
  }

  private int json(byte[] octets, int at, int to) {
    int octet = octets[at] & 0xff;
    if (octet == '"' || octet == '\\') {
      octet('\\');
      octet(octet);
      return at + 1;
    }
    if (octet < 0x80) {
      unicode(octet);
      return at + 1;
    }
    int count = utf8Length(octets, at, to);
    if (count == 0) {
      raw(REPLACEMENT);
      return at + 1;
    }
    int point = octet & 0xff >> count + 1;
    for (int i = at + 1; i < at + count; i++) {
      point = point << 6 | octets[i] & 0x3f;
    }
    if (isHarmless(point)) {
      for (int i = at; i < at + count; i++) {
        octet(octets[i]);
      }
    } else {
      for (char unit : Character.toChars(point)) {
        unicode(unit);
      }
    }
    return at + count;
  }

  /** Whether it may stand in a line that somebody looks at with a terminal. */
  private static boolean isHarmless(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }

  /** Octets of the character that begins here, or 0 if it is none (RFC 3629 section 4). */
  private static int utf8Length(byte[] octets, int at, int to) {
    int first = octets[at] & 0xff;
    int count = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || at + count > to) {
      return 0;
    }
    for (int i = at + 1; i < at + count; i++) {
      if ((octets[i] & 0xc0) != 0x80) {
        return 0;
      }
    }
    int second = octets[at + 1] & 0xff;
    boolean overlong = first == 0xe0 && second < 0xa0 || first == 0xf0 && second < 0x90;
    boolean surrogate = first == 0xed && second >= 0xa0;
    boolean beyond = first == 0xf4 && second >= 0x90;
    return overlong || surrogate || beyond ? 0 : count;
  }

  private void unicode(int unit) {
    octet('\\');
    octet('u');
    for (int shift = 12; shift >= 0; shift -= 4) {
      octet(DIGITS[unit >> shift & 0xf]);
    }
  }
}
