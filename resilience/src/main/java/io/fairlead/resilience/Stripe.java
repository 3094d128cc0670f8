package io.fairlead.resilience;

/**
 * Spreads threads over places, so that few of them write to one cache line. Threads that were made
 * one after the other get places far apart (Knuth, The Art of Computer Programming 6.4, Fibonacci
 * hashing).
 */
final class Stripe {
  private static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;

  private Stripe() {}

  /** The place of this thread among so many, at most 2^31. */
  static int of(int places) {
    return of(Thread.currentThread().threadId(), places);
  }

  static int of(long threadId, int places) {
    return (int) ((threadId * GOLDEN >>> 32) * places >>> 32);
  }
}
