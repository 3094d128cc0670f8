package io.fairlead.resilience;

import org.jspecify.annotations.Nullable;

/** A key of a {@link CallCache} with its newest result, and its place in the order of eviction. */
final class CachedResult<K, V> {
  /** A result and when it was loaded. */
  record Loaded<V>(V value, long atNanos) {}

  final K key;
  volatile Loaded<V> loaded;

  /** Served since the hand last passed. A lost write costs a second chance, no more. */
  volatile boolean visited;

  // The rest belongs to the order.
  boolean removed;
  @Nullable CachedResult<K, V> newer;
  @Nullable CachedResult<K, V> older;

  CachedResult(K key, Loaded<V> loaded) {
    this.key = key;
    this.loaded = loaded;
  }
}
