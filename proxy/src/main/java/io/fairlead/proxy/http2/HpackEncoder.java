package io.fairlead.proxy.http2;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.http1.Octets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Compresses header blocks (RFC 7541). One per connection; belongs to its event loop.
 *
 * <p>Fields that tend to come again are put into the dynamic table, so that the next time they cost
 * an octet or two; those that differ each time are not, since they would drive the others out, and
 * neither are secrets (RFC 7541 section 7.1). No Huffman code: it costs more than it saves where
 * most fields go by their index.
 */
final class HpackEncoder {
  private static final int DEFAULT_TABLE_SIZE = 4_096;

  /** More entries than the table can hold, since each counts 33 octets at least. */
  private static final int SLOTS = 128;

  private static final int BUCKETS = 256;

  /** Names whose values hardly ever come again, or are secret. */
  private static final String[] UNINDEXED = {
    "age", "authorization", "content-length", "content-range", "etag", "if-modified-since",
    "if-none-match", "last-modified", "location", "proxy-authorization", "range", "set-cookie",
    "traceparent", "tracestate", "x-request-id", "grpc-message", ":path"
  };

  private static final @Nullable Name[] NAMES = new Name[BUCKETS];

  /** A name that is in the static table, or whose values are not indexed. */
  private record Name(byte[] octets, int index, boolean indexed, @Nullable Name next) {}

  static {
    for (int i = StaticTable.SIZE; i >= 1; i--) {
      name(StaticTable.get(i).name(), i);
    }
    for (String name : UNINDEXED) {
      name(name, 0);
    }
  }

  /** One entry of the dynamic table. */
  private static final class Entry {
    byte[] octets = {};
    int nameLength;
    int hash;

    int size() {
      return octets.length + HeaderLine.OVERHEAD;
    }
  }

  private final @Nullable Entry[] ring = new Entry[SLOTS];
  private long inserted;
  private int count;
  private int size;
  private int tableSize = DEFAULT_TABLE_SIZE;
  private int announced = DEFAULT_TABLE_SIZE;
  private int smallest = DEFAULT_TABLE_SIZE;
  private final byte[] out;
  private int length;

  /** An encoder that writes to the array, which encoders of a loop may share. */
  HpackEncoder(byte[] out) {
    this.out = out;
  }

  private static void name(String text, int index) {
    byte[] octets = text.getBytes(US_ASCII);
    int bucket = bucket(octets, 0, octets.length);
    Name found = findName(octets, 0, octets.length);
    boolean indexed = !Arrays.asList(UNINDEXED).contains(text);
    if (index == 0 && found != null) {
      return;
    }
    NAMES[bucket] = new Name(octets, index, indexed, NAMES[bucket]);
  }

  private static int bucket(byte[] octets, int from, int to) {
    int hash = to - from;
    for (int i = from; i < to; i++) {
      hash = hash * 31 + Octets.lower(octets[i]);
    }
    return (hash ^ hash >>> 8 ^ hash >>> 16) & BUCKETS - 1;
  }

  private static @Nullable Name findName(byte[] octets, int from, int to) {
    Name name = NAMES[bucket(octets, from, to)];
    while (name != null && !Octets.equalsLower(octets, from, to, name.octets)) {
      name = name.next;
    }
    return name;
  }

  /** What the peer allows its table to hold from now on. */
  void tableSize(int wanted) {
    tableSize = Math.min(wanted, DEFAULT_TABLE_SIZE);
    smallest = Math.min(smallest, tableSize);
    evictTo(tableSize);
  }

  /** Begins a block. */
  void begin() {
    length = 0;
    if (smallest < announced && smallest < tableSize) {
      integer(0x20, 0x1f, smallest);
    }
    if (announced != tableSize || smallest < announced) {
      integer(0x20, 0x1f, tableSize);
    }
    announced = smallest = tableSize;
  }

  /** Adds the status of an answer. */
  void status(int status) {
    int index =
        switch (status) {
          case 200 -> 8;
          case 204 -> 9;
          case 206 -> 10;
          case 304 -> 11;
          case 400 -> 12;
          case 404 -> 13;
          case 500 -> 14;
          default -> 0;
        };
    if (index > 0) {
      out[length++] = (byte) (0x80 | index);
      return;
    }
    out[length++] = 8;
    out[length++] = 3;
    out[length++] = (byte) ('0' + status / 100);
    out[length++] = (byte) ('0' + status / 10 % 10);
    out[length++] = (byte) ('0' + status % 10);
  }

  /** Adds a field of the static table with its value; 1 to {@link StaticTable#SIZE}. */
  void indexed(int index) {
    out[length++] = (byte) (0x80 | index);
  }

  /** Adds a field; the name goes in lower case. Ranges are within arrays of heads. */
  void field(byte[] name, int nameFrom, int nameTo, byte[] value, int from, int to) {
    if (out.length - length < nameTo - nameFrom + to - from + 16) {
      throw new IllegalStateException("the header block exceeds its bound of " + out.length);
    }
    Name known = findName(name, nameFrom, nameTo);
    int size = nameTo - nameFrom + to - from + HeaderLine.OVERHEAD;
    if (known != null && !known.indexed || size > tableSize / 4) {
      literal(0x00, 0x0f, known, name, nameFrom, nameTo, value, from, to);
      return;
    }
    int hash = hash(name, nameFrom, nameTo, value, from, to);
    for (int age = 0; age < count; age++) {
      Entry entry = ring[(int) (inserted - 1 - age) & SLOTS - 1];
      if (entry != null
          && entry.hash == hash
          && equal(entry, name, nameFrom, nameTo, value, from, to)) {
        integer(0x80, 0x7f, StaticTable.SIZE + 1 + age);
        return;
      }
    }
    add(hash, name, nameFrom, nameTo, value, from, to);
    literal(0x40, 0x3f, known, name, nameFrom, nameTo, value, from, to);
  }

  private static int hash(byte[] name, int nameFrom, int nameTo, byte[] value, int from, int to) {
    // Length, ends and middle of both tell nearly all fields apart; equality decides anyway.
    int nameLength = nameTo - nameFrom;
    int valueLength = to - from;
    int hash = nameLength * 31 + valueLength;
    hash = hash * 31 + Octets.lower(name[nameFrom]);
    hash = hash * 31 + Octets.lower(name[nameTo - 1]);
    if (valueLength > 0) {
      hash = hash * 31 + value[from];
      hash = hash * 31 + value[to - 1];
      hash = hash * 31 + value[from + valueLength / 2];
    }
    return hash;
  }

  private static boolean equal(
      Entry entry, byte[] name, int nameFrom, int nameTo, byte[] value, int from, int to) {
    int nameLength = nameTo - nameFrom;
    if (entry.nameLength != nameLength || entry.octets.length != nameLength + to - from) {
      return false;
    }
    for (int i = 0; i < nameLength; i++) {
      if (entry.octets[i] != Octets.lower(name[nameFrom + i])) {
        return false;
      }
    }
    return Arrays.equals(entry.octets, nameLength, entry.octets.length, value, from, to);
  }

  private void add(
      int hash, byte[] name, int nameFrom, int nameTo, byte[] value, int from, int to) {
    int nameLength = nameTo - nameFrom;
    byte[] octets = new byte[nameLength + to - from];
    for (int i = 0; i < nameLength; i++) {
      octets[i] = Octets.lower(name[nameFrom + i]);
    }
    System.arraycopy(value, from, octets, nameLength, to - from);
    Entry entry = new Entry();
    entry.octets = octets;
    entry.nameLength = nameLength;
    entry.hash = hash;
    evictTo(tableSize - entry.size());
    ring[(int) inserted & SLOTS - 1] = entry;
    inserted++;
    count++;
    size += entry.size();
  }

  private void evictTo(int bound) {
    while (size > bound && count > 0) {
      Entry oldest = ring[(int) (inserted - count) & SLOTS - 1];
      size -= oldest == null ? 0 : oldest.size();
      count--;
    }
  }

  private void literal(
      int pattern,
      int mask,
      @Nullable Name known,
      byte[] name,
      int nameFrom,
      int nameTo,
      byte[] value,
      int from,
      int to) {
    if (known != null && known.index > 0) {
      integer(pattern, mask, known.index);
    } else {
      out[length++] = (byte) pattern;
      integer(0, 0x7f, nameTo - nameFrom);
      for (int i = nameFrom; i < nameTo; i++) {
        out[length++] = Octets.lower(name[i]);
      }
    }
    integer(0, 0x7f, to - from);
    System.arraycopy(value, from, out, length, to - from);
    length += to - from;
  }

  private void integer(int pattern, int mask, int value) {
    if (value < mask) {
      out[length++] = (byte) (pattern | value);
      return;
    }
    out[length++] = (byte) (pattern | mask);
    int rest = value - mask;
    while (rest >= 0x80) {
      out[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    out[length++] = (byte) rest;
  }

  /** The block. */
  byte[] block() {
    return out;
  }

  /** Octets of the block. */
  int length() {
    return length;
  }
}
