package io.fairlead.proxy.hash;

/**
 * Finds a value in a list of {@code name=value} pairs, such as a query or the Cookie field (RFC
 * 6265 section 4.2.1). Stateless; allocates nothing, so a range is one number.
 */
final class Pairs {
  /** There is no pair of that name. */
  static final long NONE = -1;

  private Pairs() {}

  /** The range of the first value of that name; a name without = has the empty value. */
  static long find(byte[] octets, int from, int to, char separator, byte[] name) {
    int start = from;
    while (start < to) {
      int end = start;
      while (end < to && octets[end] != separator) {
        end++;
      }
      while (start < end && octets[start] == ' ') {
        start++;
      }
      int after = start + name.length;
      boolean named =
          after <= end
              && (after == end || octets[after] == '=')
              && java.util.Arrays.equals(octets, start, after, name, 0, name.length);
      if (named) {
        return (long) Math.min(after + 1, end) << 32 | end;
      }
      start = end + 1;
    }
    return NONE;
  }

  static int from(long range) {
    return (int) (range >>> 32);
  }

  static int to(long range) {
    return (int) range;
  }
}
