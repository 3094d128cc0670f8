package io.fairlead.control;

import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Counters of this process, which begin anew with it. As many as the bound are kept; where all of
 * them are still needed, others cannot be counted.
 */
final class MemoryCounters implements CounterStore {
  static final int MOST = 1_000_000;

  private final InstantSource clock;
  private final int most;
  private final Map<String, Counter> counters = new HashMap<>();
  private long sweptAtSecond = Long.MIN_VALUE;

  private record Counter(long count, long endSecond) {}

  /**
   * @param most counters that are kept
   */
  MemoryCounters(InstantSource clock, int most) {
    this.clock = clock;
    this.most = most;
  }

  @Override
  public synchronized CompletableFuture<List<Long>> add(List<Hit> hits) {
    long now = clock.instant().getEpochSecond();
    List<Long> counts = new ArrayList<>(hits.size());
    for (Hit hit : hits) {
      Counter present = counters.get(hit.key());
      if (present == null && !hasRoom(now)) {
        return CompletableFuture.failedFuture(
            new IOException("more than " + most + " counters are in use"));
      }
      Counter next =
          present != null && present.endSecond > now
              ? new Counter(present.count + hit.amount(), present.endSecond)
              : new Counter(hit.amount(), now + hit.lifetimeSeconds());
      counters.put(hit.key(), next);
      counts.add(next.count);
    }
    return CompletableFuture.completedFuture(counts);
  }

  /** Looks for what is over at most once a second. */
  private boolean hasRoom(long now) {
    if (counters.size() >= most && sweptAtSecond != now) {
      sweptAtSecond = now;
      counters.values().removeIf(counter -> counter.endSecond <= now);
    }
    return counters.size() < most;
  }

  @Override
  public void close() {}
}
