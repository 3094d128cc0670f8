package io.fairlead.registry;

import io.fairlead.discovery.CatalogChange;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** What happened since the start. Safe for use by many threads. */
final class CatalogCounters {
  private final LongAdder puts = new LongAdder();
  private final LongAdder deregistered = new LongAdder();
  private final LongAdder expired = new LongAdder();
  private final LongAdder heartbeats = new LongAdder();
  private final LongAdder unknownHeartbeats = new LongAdder();
  private final LongAdder commits = new LongAdder();
  private final LongAdder storeFailures = new LongAdder();
  private final LongAdder overloads = new LongAdder();
  private final LongAdder refusedFull = new LongAdder();

  /**
   * The counters at one moment.
   *
   * @param puts instances registered or changed
   * @param deregistered instances that said goodbye
   * @param expired instances whose lease ran out
   * @param heartbeats leases renewed
   * @param unknownHeartbeats heartbeats of instances that are not registered
   * @param commits transactions written
   * @param storeFailures transactions that failed
   * @param overloads changes refused because too many waited
   * @param refusedFull registrations refused because the catalog is full
   */
  record Reading(
      long puts,
      long deregistered,
      long expired,
      long heartbeats,
      long unknownHeartbeats,
      long commits,
      long storeFailures,
      long overloads,
      long refusedFull) {}

  Reading read() {
    return new Reading(
        puts.sum(),
        deregistered.sum(),
        expired.sum(),
        heartbeats.sum(),
        unknownHeartbeats.sum(),
        commits.sum(),
        storeFailures.sum(),
        overloads.sum(),
        refusedFull.sum());
  }

  void committed(List<CatalogChange> changes) {
    commits.increment();
    for (CatalogChange change : changes) {
      switch (change) {
        case CatalogChange.Put _ -> puts.increment();
        case CatalogChange.Removed removed -> removed(removed.reason());
      }
    }
  }

  private void removed(CatalogChange.RemovalReason reason) {
    switch (reason) {
      case DEREGISTERED -> deregistered.increment();
      case EXPIRED -> expired.increment();
    }
  }

  void heartbeat(boolean renewed) {
    (renewed ? heartbeats : unknownHeartbeats).increment();
  }

  void storeFailed() {
    storeFailures.increment();
  }

  void overloaded() {
    overloads.increment();
  }

  void full() {
    refusedFull.increment();
  }
}
