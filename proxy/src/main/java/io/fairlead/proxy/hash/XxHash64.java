package io.fairlead.proxy.hash;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The 64-bit xxHash, which Envoy uses too. Stateless; allocates nothing for octets.
 *
 * @see <a href="https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md">xxHash
 *     specification, XXH64</a>
 */
public final class XxHash64 {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long PRIME_1 = 0x9E3779B185EBCA87L;
  private static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;
  private static final long PRIME_3 = 0x165667B19E3779F9L;
  private static final long PRIME_4 = 0x85EBCA77C2B2AE63L;
  private static final long PRIME_5 = 0x27D4EB2F165667C5L;

  private XxHash64() {}

  /** The hash of a text's UTF-8 octets, without a seed. */
  public static long of(String text) {
    byte[] octets = text.getBytes(StandardCharsets.UTF_8);
    return of(octets, 0, octets.length, 0);
  }

  /** The hash of the octets from {@code from} to below {@code to}. */
  public static long of(byte[] octets, int from, int to, long seed) {
    int at = from;
    long hash;
    if (to - from >= 32) {
      long a = seed + PRIME_1 + PRIME_2;
      long b = seed + PRIME_2;
      long c = seed;
      long d = seed - PRIME_1;
      for (; at + 32 <= to; at += 32) {
        a = round(a, (long) LONGS.get(octets, at));
        b = round(b, (long) LONGS.get(octets, at + 8));
        c = round(c, (long) LONGS.get(octets, at + 16));
        d = round(d, (long) LONGS.get(octets, at + 24));
      }
      hash =
          Long.rotateLeft(a, 1)
              + Long.rotateLeft(b, 7)
              + Long.rotateLeft(c, 12)
              + Long.rotateLeft(d, 18);
      hash = merge(merge(merge(merge(hash, a), b), c), d);
    } else {
      hash = seed + PRIME_5;
    }
    return mix(rest(octets, at, to, hash + (to - from)));
  }

  /** Up to 31 octets that do not fill a stripe. */
  private static long rest(byte[] octets, int from, int to, long start) {
    long hash = start;
    int at = from;
    for (; at + 8 <= to; at += 8) {
      hash ^= round(0, (long) LONGS.get(octets, at));
      hash = Long.rotateLeft(hash, 27) * PRIME_1 + PRIME_4;
    }
    if (at + 4 <= to) {
      hash ^= ((int) INTS.get(octets, at) & 0xffff_ffffL) * PRIME_1;
      hash = Long.rotateLeft(hash, 23) * PRIME_2 + PRIME_3;
      at += 4;
    }
    for (; at < to; at++) {
      hash ^= (octets[at] & 0xff) * PRIME_5;
      hash = Long.rotateLeft(hash, 11) * PRIME_1;
    }
    return hash;
  }

  private static long round(long lane, long input) {
    return Long.rotateLeft(lane + input * PRIME_2, 31) * PRIME_1;
  }

  private static long merge(long hash, long lane) {
    return (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
  }

  /** Spreads every bit over all: the end of the hash, and enough for what is spread already. */
  public static long mix(long bits) {
    long hash = (bits ^ bits >>> 33) * PRIME_2;
    hash = (hash ^ hash >>> 29) * PRIME_3;
    return hash ^ hash >>> 32;
  }
}
