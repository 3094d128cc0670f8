package io.fairlead.resilience;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Which entry of a bounded cache goes first: SIEVE (Zhang et al., "SIEVE is Simpler than LRU: an
 * Efficient Turn-Key Eviction Algorithm for Web Caches", NSDI 2024). A queue by age and a hand that
 * moves from old to new: an entry served since the hand last passed stays where it is, the first
 * other one is evicted. So hits only set a flag, and what is asked for once leaves early.
 *
 * <p>Safe for all threads. The lock is held for list operations alone; no key is compared.
 */
final class SieveOrder<K, V> {
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable CachedResult<K, V> newest;
  private @Nullable CachedResult<K, V> oldest;
  private @Nullable CachedResult<K, V> hand;
  private int size;

  /** Adds the entry unless it was removed before, and gives what has to go for it. */
  List<CachedResult<K, V>> add(CachedResult<K, V> entry, int maxEntries) {
    lock.lock();
    try {
      if (entry.removed) {
        return List.of();
      }
      List<CachedResult<K, V>> evicted = evictTo(maxEntries - 1);
      entry.older = newest;
      if (newest != null) {
        newest.newer = entry;
      }
      newest = entry;
      oldest = oldest == null ? entry : oldest;
      size++;
      return evicted;
    } finally {
      lock.unlock();
    }
  }

  /** Gives what has to go for this bound. */
  List<CachedResult<K, V>> trim(int maxEntries) {
    lock.lock();
    try {
      return evictTo(maxEntries);
    } finally {
      lock.unlock();
    }
  }

  void remove(CachedResult<K, V> entry) {
    lock.lock();
    try {
      boolean linked = entry == newest || entry.newer != null;
      if (linked) {
        unlink(entry);
      }
      entry.removed = true;
    } finally {
      lock.unlock();
    }
  }

  int size() {
    lock.lock();
    try {
      return size;
    } finally {
      lock.unlock();
    }
  }

  private List<CachedResult<K, V>> evictTo(int most) {
    if (size <= most) {
      return List.of();
    }
    List<CachedResult<K, V>> evicted = new ArrayList<>();
    // One round clears every flag; flags set meanwhile may cost a second one, not more.
    for (int passes = 2 * size; size > most; passes--) {
      CachedResult<K, V> candidate = hand == null ? oldest : hand;
      if (candidate == null) {
        break;
      }
      hand = candidate.newer;
      if (candidate.visited && passes > 0) {
        candidate.visited = false;
      } else {
        unlink(candidate);
        candidate.removed = true;
        evicted.add(candidate);
      }
    }
    return evicted;
  }

  private void unlink(CachedResult<K, V> entry) {
    CachedResult<K, V> newer = entry.newer;
    CachedResult<K, V> older = entry.older;
    if (hand == entry) {
      hand = newer;
    }
    if (newer == null) {
      newest = older;
    } else {
      newer.older = older;
    }
    if (older == null) {
      oldest = newer;
    } else {
      older.newer = newer;
    }
    entry.newer = null;
    entry.older = null;
    size--;
  }
}
