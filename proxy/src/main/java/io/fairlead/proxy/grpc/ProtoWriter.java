package io.fairlead.proxy.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Writes one message of protobuf, field by field. Values that are the default of proto3 are left
 * out, as generated classes leave them out. For one thread.
 *
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">the encoding</a>
 */
public final class ProtoWriter {
  private static final int VARINT = 0;
  private static final int LENGTH_DELIMITED = 2;
  private byte[] octets = new byte[64];
  private int length;

  /** Writes a number, an enum or a flag; 0 is left out. */
  public ProtoWriter number(int field, long value) {
    if (value != 0) {
      tag(field, VARINT);
      varint(value);
    }
    return this;
  }

  /** Writes a flag that is true. */
  public ProtoWriter yes(int field) {
    return number(field, 1);
  }

  /** Writes a text as UTF-8; an empty one is left out. */
  public ProtoWriter text(int field, String value) {
    return value.isEmpty() ? this : bytes(field, value.getBytes(UTF_8));
  }

  /** Writes octets, even if there are none. */
  public ProtoWriter bytes(int field, byte[] value) {
    return bytes(field, value, 0, value.length);
  }

  /** Writes a range of octets, even an empty one. */
  public ProtoWriter bytes(int field, byte[] value, int from, int to) {
    tag(field, LENGTH_DELIMITED);
    varint(to - from);
    append(value, from, to);
    return this;
  }

  /** Writes a nested message, even an empty one. */
  public ProtoWriter message(int field, Consumer<ProtoWriter> content) {
    ProtoWriter nested = new ProtoWriter();
    content.accept(nested);
    return bytes(field, nested.octets, 0, nested.length);
  }

  /** Writes an entry of a map of texts. */
  public ProtoWriter entry(int field, String key, String value) {
    return message(field, entry -> entry.text(1, key).text(2, value));
  }

  /** Writes fields that were written before. */
  public ProtoWriter append(byte[] fields) {
    append(fields, 0, fields.length);
    return this;
  }

  private void tag(int field, int type) {
    varint((long) field << 3 | type);
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      put((byte) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    put((byte) rest);
  }

  private void put(byte octet) {
    reserve(1);
    octets[length++] = octet;
  }

  private void append(byte[] value, int from, int to) {
    reserve(to - from);
    System.arraycopy(value, from, octets, length, to - from);
    length += to - from;
  }

  private void reserve(int more) {
    if (more > octets.length - length) {
      octets = Arrays.copyOf(octets, Math.max(octets.length * 2, length + more));
    }
  }

  /** Octets so far. */
  public int length() {
    return length;
  }

  /** The message so far. */
  public byte[] toBytes() {
    return Arrays.copyOf(octets, length);
  }
}
