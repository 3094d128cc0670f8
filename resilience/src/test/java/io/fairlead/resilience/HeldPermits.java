package io.fairlead.resilience;

/** The permits of a bulkhead that each thread of a scenario holds; it gives back only its own. */
final class HeldPermits {
  private final Bulkhead bulkhead;
  private final long[][] held = new long[Linearizability.IDS][8];
  private final int[] holds = new int[Linearizability.IDS];

  HeldPermits(Bulkhead bulkhead) {
    this.bulkhead = bulkhead;
  }

  boolean acquire(int thread) {
    long permit = bulkhead.tryAcquire();
    if (permit >= 0) {
      held[thread][holds[thread]++] = permit;
    }
    return permit >= 0;
  }

  /** Gives back the newest, if the thread holds any. */
  boolean release(int thread) {
    if (holds[thread] == 0) {
      return false;
    }
    bulkhead.release(held[thread][--holds[thread]]);
    return true;
  }

  int all() {
    int all = 0;
    for (int count : holds) {
      all += count;
    }
    return all;
  }
}
