package io.fairlead.proxy.overload;

/**
 * How much of the heap is still used after the last collection, which is what matters: before one
 * it is always nearly full. A collection is seen by the use having fallen since the last look, so
 * nothing needs to be asked of the collectors. For one thread.
 */
final class HeapUse {
  /** Below it an incomplete collection may simply have left garbage behind. */
  private static final double NOTEWORTHY = 0.8;

  private final long maxBytes;
  private long lastBytes;
  private long liveBytes;

  HeapUse(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Takes the octets used now; the share of the heap in use, 0 as long as it is no concern. */
  double look(long usedBytes) {
    if (usedBytes < lastBytes || usedBytes < liveBytes) {
      liveBytes = usedBytes;
    }
    lastBytes = usedBytes;
    double share = (double) liveBytes / maxBytes;
    return share < NOTEWORTHY ? 0 : share;
  }
}
