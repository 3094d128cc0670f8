package io.fairlead.traces;

/**
 * Bounds of the store in memory. Immutable.
 *
 * @param maxBytes most that the spans may take, by estimate
 * @param maxSpans most spans kept
 * @param maxSpansPerTrace most spans of one trace; further ones are dropped
 * @param maxRememberedEvictions most evicted traces whose late spans are known to be late
 * @param maxOperationsPerService most names listed for one service
 */
public record MemoryStoreSettings(
    long maxBytes,
    int maxSpans,
    int maxSpansPerTrace,
    int maxRememberedEvictions,
    int maxOperationsPerService) {

  public MemoryStoreSettings {
    positive("maxBytes", maxBytes);
    positive("maxSpans", maxSpans);
    positive("maxSpansPerTrace", maxSpansPerTrace);
    positive("maxRememberedEvictions", maxRememberedEvictions);
    positive("maxOperationsPerService", maxOperationsPerService);
  }

  /** 64 MiB, 100,000 spans, 5,000 in one trace. */
  public static MemoryStoreSettings defaults() {
    return new MemoryStoreSettings(64L << 20, 100_000, 5_000, 10_000, 200);
  }

  private static void positive(String field, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(field + ": must be above 0, was " + value);
    }
  }
}
