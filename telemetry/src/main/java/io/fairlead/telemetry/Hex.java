package io.fairlead.telemetry;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Lower-case hexadecimal as W3C and B3 write it; upper case is invalid there. */
final class Hex {
  /** Bits above any digit, so that the digits of a word can be or-ed and checked once. */
  private static final byte INVALID = (byte) 0x80;

  private static final byte[] VALUES = new byte[256];
  private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.ISO_8859_1);

  static {
    Arrays.fill(VALUES, INVALID);
    for (int i = 0; i < DIGITS.length; i++) {
      VALUES[DIGITS[i]] = (byte) i;
    }
  }

  private Hex() {}

  static boolean valid(byte[] bytes, int offset, int digits) {
    int all = 0;
    for (int i = offset; i < offset + digits; i++) {
      all |= VALUES[bytes[i] & 0xff];
    }
    return all >= 0;
  }

  /** The value of up to 16 valid digits. */
  static long read(byte[] bytes, int offset, int digits) {
    long value = 0;
    for (int i = offset; i < offset + digits; i++) {
      value = value << 4 | VALUES[bytes[i] & 0xff];
    }
    return value;
  }

  /** Writes the low digits of the value and gives the offset after them. */
  static int write(long value, int digits, byte[] bytes, int offset) {
    long rest = value;
    for (int i = offset + digits - 1; i >= offset; i--) {
      bytes[i] = DIGITS[(int) rest & 0xf];
      rest >>>= 4;
    }
    return offset + digits;
  }

  static String text(long value) {
    var bytes = new byte[16];
    write(value, 16, bytes, 0);
    return ascii(bytes, 16);
  }

  static String text(long high, long low) {
    var bytes = new byte[32];
    write(high, 16, bytes, 0);
    write(low, 16, bytes, 16);
    return ascii(bytes, 32);
  }

  /** ISO 8859-1 turns what is no ASCII into something that is no digit either. */
  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static String ascii(byte[] bytes, int length) {
    return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
  }
}
