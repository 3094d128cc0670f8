package io.fairlead.proxy.http2;

/**
 * Decompresses header blocks (RFC 7541). One per connection; belongs to its event loop. After a
 * fault the connection is of no use, since the table no longer is what the peer believes.
 */
final class HpackDecoder {
  /** Receives the fields of a block in their order. */
  interface Sink {
    void line(HeaderLine line);
  }

  private static final byte[] EMPTY = {};
  private static final int MAX_INTEGER_SHIFT = 21;

  private final int maxTableSize;
  private final byte[] scratch;
  private HeaderLine[] ring = new HeaderLine[16];
  private int newest;
  private int count;
  private int size;
  private int tableSize;

  /** Where the next octet is read, the end of the block, and whether it is at fault. */
  private byte[] block = EMPTY;

  private int at;
  private int end;
  private boolean faulty;

  /**
   * @param maxTableSize bound of the dynamic table that the peer was told, in octets
   * @param scratch for decoded strings; shared by all decoders of a loop
   */
  HpackDecoder(int maxTableSize, byte[] scratch) {
    this.maxTableSize = maxTableSize;
    this.tableSize = maxTableSize;
    this.scratch = scratch;
  }

  /**
   * Decodes a whole header block.
   *
   * @return whether it was a header block; if not, the sink may have got a part of it
   */
  boolean decode(byte[] octets, int from, int to, Sink sink) {
    block = octets;
    at = from;
    end = to;
    faulty = false;
    boolean mayResize = true;
    while (at < end && !faulty) {
      int first = block[at];
      if ((first & 0xe0) == 0x20) {
        int wanted = integer(0x1f);
        faulty |= !mayResize || wanted > maxTableSize;
        resize(wanted);
        continue;
      }
      mayResize = false;
      HeaderLine line = first < 0 ? find(integer(0x7f)) : literal(first);
      if (!faulty) {
        sink.line(line);
      }
    }
    block = EMPTY;
    return !faulty;
  }

  private HeaderLine literal(int first) {
    boolean indexed = (first & 0x40) != 0;
    int name = integer(indexed ? 0x3f : 0x0f);
    HeaderLine line;
    if (name > 0) {
      HeaderLine named = find(name);
      int to = string(0);
      line = faulty ? named : named.with(source, valueFrom, to);
    } else {
      int nameTo = string(0);
      byte[] nameSource = source;
      int nameFrom = valueFrom;
      // A decoded name stays in the scratch array, so the value goes behind it.
      int to = faulty ? 0 : string(nameSource == scratch ? nameTo : 0);
      line =
          faulty
              ? StaticTable.get(1)
              : HeaderLine.of(nameSource, nameFrom, nameTo, source, valueFrom, to);
    }
    if (indexed && !faulty) {
      add(line);
    }
    return line;
  }

  /** The array and place of the string that was read last. */
  private byte[] source = EMPTY;

  private int valueFrom;

  /** Reads a string; returns its end, with {@link #source} and {@link #valueFrom} set. */
  private int string(int scratchFrom) {
    if (at >= end) {
      faulty = true;
      return 0;
    }
    boolean coded = block[at] < 0;
    int length = integer(0x7f);
    if (faulty || length > end - at) {
      faulty = true;
      return 0;
    }
    int from = at;
    at += length;
    if (!coded) {
      source = block;
      valueFrom = from;
      return at;
    }
    source = scratch;
    valueFrom = scratchFrom;
    int decoded = Huffman.decode(block, from, at, scratch, scratchFrom);
    faulty |= decoded == Huffman.FAULTY;
    return decoded;
  }

  private int integer(int mask) {
    int value = block[at++] & mask;
    if (value < mask) {
      return value;
    }
    for (int shift = 0; shift <= MAX_INTEGER_SHIFT; shift += 7) {
      if (at == end) {
        break;
      }
      int octet = block[at++];
      value += (octet & 0x7f) << shift;
      if (octet >= 0) {
        return value;
      }
    }
    faulty = true;
    return 0;
  }

  private HeaderLine find(int index) {
    if (index >= 1 && index <= StaticTable.SIZE) {
      return StaticTable.get(index);
    }
    int dynamic = index - StaticTable.SIZE - 1;
    if (index == 0 || dynamic >= count) {
      faulty = true;
      return StaticTable.get(1);
    }
    return ring[newest + dynamic & ring.length - 1];
  }

  private void add(HeaderLine line) {
    if (line.size() > tableSize) {
      evictTo(0);
      return;
    }
    evictTo(tableSize - line.size());
    if (count == ring.length) {
      grow();
    }
    newest = newest - 1 & ring.length - 1;
    ring[newest] = line;
    count++;
    size += line.size();
  }

  private void grow() {
    HeaderLine[] larger = new HeaderLine[ring.length * 2];
    for (int i = 0; i < count; i++) {
      larger[i] = ring[newest + i & ring.length - 1];
    }
    ring = larger;
    newest = 0;
  }

  private void resize(int wanted) {
    tableSize = Math.min(wanted, maxTableSize);
    evictTo(tableSize);
  }

  private void evictTo(int bound) {
    while (size > bound) {
      count--;
      size -= ring[newest + count & ring.length - 1].size();
    }
  }
}
