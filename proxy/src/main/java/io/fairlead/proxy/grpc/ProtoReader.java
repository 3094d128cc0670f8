package io.fairlead.proxy.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * Reads one message of protobuf, field by field: {@link #next}, {@link #field}, and the value of
 * the field if it is wanted. What is read may come from anybody. For one thread.
 *
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">the encoding</a>
 */
public final class ProtoReader {
  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED_32 = 5;
  private static final int MAX_SHIFT = 63;

  private final byte[] octets;
  private final int end;
  private int at;
  private int field;
  private int type;
  private long number;
  private int from;

  public ProtoReader(byte[] message) {
    this(message, 0, message.length);
  }

  private ProtoReader(byte[] octets, int from, int end) {
    this.octets = octets;
    this.at = from;
    this.end = end;
  }

  /**
   * Goes to the next field.
   *
   * @return whether there is one
   */
  public boolean next() throws ProtoException {
    if (at == end) {
      return false;
    }
    long tag = varint();
    field = (int) (tag >>> 3);
    type = (int) tag & 7;
    if (tag < 0 || tag > 0xffff_ffffL || field == 0) {
      throw new ProtoException("field number " + (tag >>> 3));
    }
    switch (type) {
      case VARINT -> number = varint();
      case FIXED_64 -> fixed(Long.BYTES);
      case FIXED_32 -> fixed(Integer.BYTES);
      case LENGTH_DELIMITED -> {
        long count = varint();
        if (count < 0 || count > end - at) {
          throw new ProtoException("field " + field + " is cut short");
        }
        from = at;
        at += (int) count;
      }
      default -> throw new ProtoException("field " + field + " has wire type " + type);
    }
    return true;
  }

  private long varint() throws ProtoException {
    long value = 0;
    for (int shift = 0; shift <= MAX_SHIFT; shift += 7) {
      if (at == end) {
        throw new ProtoException("a number is cut short");
      }
      byte octet = octets[at++];
      value |= (octet & 0x7fL) << shift;
      if (octet >= 0) {
        return value;
      }
    }
    throw new ProtoException("a number is too long");
  }

  private void fixed(int count) throws ProtoException {
    if (count > end - at) {
      throw new ProtoException("a number is cut short");
    }
    number = 0;
    for (int i = count - 1; i >= 0; i--) {
      number = number << 8 | octets[at + i] & 0xff;
    }
    at += count;
  }

  /** The number of the present field. */
  public int field() {
    return field;
  }

  /** The value of a number, an enum or a flag. */
  public long number() throws ProtoException {
    if (type == LENGTH_DELIMITED) {
      throw new ProtoException("field " + field + " must be a number");
    }
    return number;
  }

  /** The value of a flag. */
  public boolean flag() throws ProtoException {
    return number() != 0;
  }

  private void requireOctets() throws ProtoException {
    if (type != LENGTH_DELIMITED) {
      throw new ProtoException("field " + field + " must have a length");
    }
  }

  /** A copy of the field's octets. */
  public byte[] bytes() throws ProtoException {
    requireOctets();
    return Arrays.copyOfRange(octets, from, at);
  }

  /** The field as UTF-8. */
  public String text() throws ProtoException {
    requireOctets();
    return new String(octets, from, at - from, UTF_8);
  }

  /** The nested message of the field. */
  public ProtoReader message() throws ProtoException {
    requireOctets();
    return new ProtoReader(octets, from, at);
  }
}
