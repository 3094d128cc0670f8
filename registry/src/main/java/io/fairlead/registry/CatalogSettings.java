package io.fairlead.registry;

import java.time.Duration;

/**
 * Bounds of the catalog. Immutable.
 *
 * @param maxInstances most instances registered at once; further ones are refused
 * @param historySize most changes kept for watches to resume from; a watch further behind gets a
 *     resync
 * @param maxQueuedWrites most changes waiting for the store; further ones are refused
 * @param maxBatch most changes in one transaction of the store
 * @param restartGrace shortest time that a restored lease is given after a start, so that a
 *     registry that was down does not expire everybody; the lease's own length if that is longer
 */
public record CatalogSettings(
    int maxInstances, int historySize, int maxQueuedWrites, int maxBatch, Duration restartGrace) {

  public CatalogSettings {
    positive("maxInstances", maxInstances);
    positive("historySize", historySize);
    positive("maxQueuedWrites", maxQueuedWrites);
    positive("maxBatch", maxBatch);
    if (restartGrace.isNegative()) {
      throw new IllegalArgumentException("restartGrace: must not be negative, was " + restartGrace);
    }
  }

  /** 100,000 instances, 8,192 changes of history, 10,000 queued writes, 1,000 in a batch. */
  public static CatalogSettings defaults() {
    return new CatalogSettings(100_000, 8_192, 10_000, 1_000, Duration.ZERO);
  }

  private static void positive(String field, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(field + ": must be above 0, was " + value);
    }
  }
}
