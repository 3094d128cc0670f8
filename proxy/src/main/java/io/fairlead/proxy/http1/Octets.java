package io.fairlead.proxy.http1;

/** Classes of octets by the grammars of RFC 9110, RFC 9112 and RFC 3986. Stateless. */
public final class Octets {
  static final byte CR = '\r';
  static final byte LF = '\n';

  /** tchar of RFC 9110 section 5.6.2. */
  static final int TOKEN = 1;

  /** What a field value may hold: HTAB, SP, VCHAR and obs-text (RFC 9110 section 5.5). */
  static final int VALUE = 2;

  /** What a request target may hold: visible ASCII but the fragment mark. */
  static final int TARGET = 4;

  /** What a registered name may hold here: letters, digits and {@code - . _ ~}. */
  static final int UNRESERVED = 8;

  /** What an IPv6 literal may hold between its brackets. */
  static final int IPV6 = 16;

  private static final byte[] CLASSES = classes();
  private static final byte[] HEX = hex();

  private Octets() {}

  private static byte[] classes() {
    byte[] classes = new byte[256];
    for (int c = 0; c < 256; c++) {
      boolean alphanumeric = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
      int bits = 0;
      bits |= alphanumeric || c < 128 && "!#$%&'*+-.^_`|~".indexOf(c) >= 0 ? TOKEN : 0;
      bits |= c == '\t' || c >= ' ' && c != 127 ? VALUE : 0;
      bits |= c > ' ' && c < 127 && c != '#' ? TARGET : 0;
      bits |= alphanumeric || c < 128 && "-._~".indexOf(c) >= 0 ? UNRESERVED : 0;
      bits |= hexValue(c) >= 0 || c == ':' || c == '.' ? IPV6 : 0;
      classes[c] = (byte) bits;
    }
    return classes;
  }

  private static byte[] hex() {
    byte[] values = new byte[256];
    for (int c = 0; c < 256; c++) {
      values[c] = (byte) hexValue(c);
    }
    return values;
  }

  private static int hexValue(int c) {
    return c < 128 ? Character.digit(c, 16) : -1;
  }

  /** Whether the octet is in any of these classes. */
  static boolean is(byte octet, int classes) {
    return (CLASSES[octet & 0xff] & classes) != 0;
  }

  /** The value of a hexadecimal digit, or -1. */
  static int hex(byte octet) {
    return HEX[octet & 0xff];
  }

  static boolean isSpace(byte octet) {
    return octet == ' ' || octet == '\t';
  }

  /** The ASCII letter in lower case, any other octet as it is. */
  public static byte lower(byte octet) {
    return octet >= 'A' && octet <= 'Z' ? (byte) (octet | 0x20) : octet;
  }

  /** Whether a range equals an ASCII text that has no upper-case letters, ignoring case. */
  public static boolean equalsLower(byte[] octets, int from, int to, byte[] lower) {
    if (to - from != lower.length) {
      return false;
    }
    for (int i = 0; i < lower.length; i++) {
      if (lower(octets[from + i]) != lower[i]) {
        return false;
      }
    }
    return true;
  }

  /** Whether a range is a field name as HTTP/2 writes it: a token without upper-case letters. */
  public static boolean isLowerToken(byte[] octets, int from, int to) {
    for (int i = from; i < to; i++) {
      byte octet = octets[i];
      if (!is(octet, TOKEN) || octet >= 'A' && octet <= 'Z') {
        return false;
      }
    }
    return to > from;
  }

  /** Whether a range is a field value without space around it. */
  public static boolean isFieldValue(byte[] octets, int from, int to) {
    for (int i = from; i < to; i++) {
      if (!is(octets[i], VALUE)) {
        return false;
      }
    }
    return from == to || !isSpace(octets[from]) && !isSpace(octets[to - 1]);
  }

  /** Whether a range equals these octets. */
  public static boolean equals(byte[] octets, int from, int to, byte[] other) {
    return java.util.Arrays.equals(octets, from, to, other, 0, other.length);
  }
}
