package io.fairlead.telemetry;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes protobuf's wire format from the last field to the first, so that the length of a nested
 * message is known when its header is written, without a second pass. For one thread; grows as
 * needed.
 */
final class ProtoWriter {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;
  private static final int MAX_VARINT = 10;

  private byte[] buffer;

  /** Index of the first written byte; the message is from here to the end. */
  private int start;

  ProtoWriter(int capacity) {
    buffer = new byte[capacity];
    start = capacity;
  }

  /**
   * How many bytes are written: take it before the fields of a message and give it to {@link
   * #message}.
   */
  int size() {
    return buffer.length - start;
  }

  /** Makes a message of all that was written since the size was this. */
  void message(int field, int sizeBefore) {
    varint(size() - sizeBefore);
    varint(field << 3 | BYTES);
  }

  void string(int field, String value) {
    int before = size();
    if (!ascii(value)) {
      raw(value.getBytes(StandardCharsets.UTF_8));
    }
    message(field, before);
  }

  void id(int field, long value) {
    int before = size();
    bigEndian(value);
    message(field, before);
  }

  void id(int field, long high, long low) {
    int before = size();
    bigEndian(low);
    bigEndian(high);
    message(field, before);
  }

  void number(int field, long value) {
    varint(value);
    varint(field << 3 | VARINT);
  }

  void fixed64(int field, long value) {
    littleEndian(value, Long.BYTES);
    varint(field << 3 | FIXED64);
  }

  void fixed32(int field, int value) {
    littleEndian(value, Integer.BYTES);
    varint(field << 3 | FIXED32);
  }

  byte[] toByteArray() {
    return Arrays.copyOfRange(buffer, start, buffer.length);
  }

  private boolean ascii(String value) {
    int length = value.length();
    reserve(length);
    int at = start - length;
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      if (c >= 0x80) {
        return false;
      }
      buffer[at + i] = (byte) c;
    }
    start = at;
    return true;
  }

  private void raw(byte[] bytes) {
    reserve(bytes.length);
    start -= bytes.length;
    System.arraycopy(bytes, 0, buffer, start, bytes.length);
  }

  private void bigEndian(long value) {
    littleEndian(Long.reverseBytes(value), Long.BYTES);
  }

  private void littleEndian(long value, int bytes) {
    reserve(bytes);
    start -= bytes;
    for (int i = 0; i < bytes; i++) {
      buffer[start + i] = (byte) (value >>> 8 * i);
    }
  }

  private void varint(long value) {
    reserve(MAX_VARINT);
    int bytes = Math.max(1, (70 - Long.numberOfLeadingZeros(value)) / 7);
    start -= bytes;
    long rest = value;
    for (int i = start; i < start + bytes - 1; i++) {
      buffer[i] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    buffer[start + bytes - 1] = (byte) rest;
  }

  private void reserve(int bytes) {
    if (start >= bytes) {
      return;
    }
    int written = size();
    var larger = new byte[Math.max(buffer.length * 2, written + bytes)];
    System.arraycopy(buffer, start, larger, larger.length - written, written);
    start = larger.length - written;
    buffer = larger;
  }
}
