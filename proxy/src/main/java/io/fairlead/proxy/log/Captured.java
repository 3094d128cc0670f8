package io.fairlead.proxy.log;

import java.util.Arrays;

/**
 * What one request's lines need of heads that are gone when they are written: copies of values, all
 * on one array. Belongs to its exchange.
 */
final class Captured {
  private final int[] ends;
  private byte[] octets = new byte[256];
  private int length;
  private boolean http10;

  /**
   * @param slots values that there may be
   */
  Captured(int slots) {
    ends = new int[2 * slots];
    Arrays.fill(ends, -1);
  }

  void http10() {
    http10 = true;
  }

  boolean isHttp10() {
    return http10;
  }

  boolean has(int slot) {
    return ends[2 * slot] >= 0;
  }

  /** Begins a value that is added to. */
  void begin(int slot) {
    ends[2 * slot] = length;
    ends[2 * slot + 1] = length;
  }

  /** Adds to the value begun last, up to a length of the whole. */
  void add(int slot, byte[] from, int start, int end, int most) {
    int count = Math.min(end - start, most - (length - ends[2 * slot]));
    if (count <= 0) {
      return;
    }
    if (length + count > octets.length) {
      octets = Arrays.copyOf(octets, Math.max(2 * octets.length, length + count));
    }
    System.arraycopy(from, start, octets, length, count);
    length += count;
    ends[2 * slot + 1] = length;
  }

  byte[] octets() {
    return octets;
  }

  int from(int slot) {
    return ends[2 * slot];
  }

  int to(int slot) {
    return ends[2 * slot + 1];
  }
}
