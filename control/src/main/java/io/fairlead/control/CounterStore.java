package io.fairlead.control;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Counts hits within windows of time. Safe for all threads; never blocks its caller. */
interface CounterStore extends AutoCloseable {
  /**
   * Hits of one counter.
   *
   * @param key names the counter and its window
   * @param amount above 0
   * @param lifetimeSeconds after which the counter may be forgotten, above 0
   */
  record Hit(String key, long amount, long lifetimeSeconds) {}

  /**
   * Adds hits. Completes with the counts after that, in the same order, or with an {@link
   * IOException} if it cannot be counted in time.
   */
  CompletableFuture<List<Long>> add(List<Hit> hits);

  @Override
  void close();
}
