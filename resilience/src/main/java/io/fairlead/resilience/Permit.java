package io.fairlead.resilience;

/**
 * A permit of a circuit breaker in one word: 31 bits of generation, 16 bits of lease, 16 bits that
 * are 0 for a call in CLOSED and the slot plus one for a probe.
 */
final class Permit {
  static final long REJECTED = -1;
  static final int GENERATIONS = Integer.MAX_VALUE;

  private static final int LOW = 0xffff;

  private Permit() {}

  static long of(int generation) {
    return (long) generation << 32;
  }

  static long of(int generation, int slot, int lease) {
    return (long) generation << 32 | (long) lease << 16 | slot + 1;
  }

  static int generation(long permit) {
    return (int) (permit >>> 32);
  }

  static int lease(long permit) {
    return (int) (permit >>> 16) & LOW;
  }

  /** The slot of a probe, or -1 for a call in CLOSED. */
  static int slot(long permit) {
    return (int) (permit & LOW) - 1;
  }
}
