package io.fairlead.resilience;

import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A policy for each key, such as a host or a tenant, made when the key is first asked for. Safe for
 * all threads; making a policy holds no lock.
 *
 * <p>At most so many keys are kept. For a new one that is too many, one goes that was not asked for
 * lately (second chance) and whose policy {@linkplain Policy#isAtRest() is at rest}: an open
 * breaker or a bulkhead with running calls never goes. Where no such key is found among {@link
 * #LOOKS}, new keys share one policy until there is, so that a flood of made-up keys can neither
 * use up memory nor push out what protects somebody. Ask for the policy at each call and do not
 * keep it.
 */
public final class PerKey<K, P extends Policy> {
  /** Keys that are looked at to find one that may go. */
  static final int LOOKS = 64;

  private final int maxKeys;
  private final Function<? super K, ? extends P> make;
  private final P overflow;
  private final ConcurrentMap<K, Entry<K, P>> entries = new ConcurrentHashMap<>();

  /** The keys in the order in which they are looked at; each key that is kept is once in it. */
  private final Queue<Entry<K, P>> order = new ConcurrentLinkedQueue<>();

  private final AtomicInteger size = new AtomicInteger();
  private final LongAdder evicted = new LongAdder();
  private final LongAdder overflowed = new LongAdder();

  private static final class Entry<K, P> {
    final K key;
    final P policy;
    volatile boolean used;

    Entry(K key, P policy) {
      this.key = key;
      this.policy = policy;
    }
  }

  /**
   * @param maxKeys keys kept, 1 to 10,000,000
   * @param make makes the policy of a key; may be called more than once for it
   * @param overflow the policy of keys for which there is no room
   */
  public PerKey(int maxKeys, Function<? super K, ? extends P> make, P overflow) {
    Require.within("maxKeys", maxKeys, 1, 10_000_000);
    this.maxKeys = maxKeys;
    this.make = make;
    this.overflow = overflow;
  }

  /** The policy of this key. */
  public P get(K key) {
    Entry<K, P> entry = entries.get(key);
    if (entry == null) {
      return make(key);
    }
    if (!entry.used) {
      entry.used = true;
    }
    return entry.policy;
  }

  private P make(K key) {
    if (!reserve()) {
      overflowed.increment();
      return overflow;
    }
    boolean kept = false;
    Entry<K, P> entry = null;
    try {
      entry = new Entry<>(key, make.apply(key));
      Entry<K, P> present = entries.putIfAbsent(key, entry);
      if (present != null) {
        return present.policy;
      }
      order.add(entry);
      kept = true;
      return entry.policy;
    } finally {
      if (!kept) {
        size.decrementAndGet();
        if (entry != null) {
          // Only if there was no memory for its place in the order, without which it stayed.
          entries.remove(key, entry);
        }
      }
    }
  }

  /** Room for one more key. */
  private boolean reserve() {
    while (true) {
      int present = size.get();
      if (present >= maxKeys) {
        if (!evictOne()) {
          return false;
        }
      } else if (size.compareAndSet(present, present + 1)) {
        return true;
      }
    }
  }

  private boolean evictOne() {
    for (int looks = 0; looks < LOOKS; looks++) {
      Entry<K, P> entry = order.poll();
      if (entry == null) {
        return false;
      }
      if (evict(entry)) {
        return true;
      }
    }
    return false;
  }

  /** Lets this entry go, or puts it at the end of the order, also when its policy breaks down. */
  private boolean evict(Entry<K, P> entry) {
    boolean gone = false;
    try {
      if (mayGo(entry)) {
        entries.remove(entry.key, entry);
        // If not, a call that had it already has just made it worth keeping.
        gone = entry.policy.isAtRest() || entries.putIfAbsent(entry.key, entry) != null;
      }
    } finally {
      if (!gone) {
        order.add(entry);
      }
    }
    if (gone) {
      size.decrementAndGet();
      evicted.increment();
    }
    return gone;
  }

  private static boolean mayGo(Entry<?, ? extends Policy> entry) {
    if (entry.used) {
      entry.used = false;
      return false;
    }
    return entry.policy.isAtRest();
  }

  /** The policy of this key if there is one; does not make one and does not count as use. */
  public @Nullable P peek(K key) {
    Entry<K, P> entry = entries.get(key);
    return entry == null ? null : entry.policy;
  }

  /** Every key that is kept now and its policy, as for reconfiguring all of them. */
  public void forEach(BiConsumer<? super K, ? super P> action) {
    entries.forEach((key, entry) -> action.accept(key, entry.policy));
  }

  /** The policy that keys without room share. */
  public P overflow() {
    return overflow;
  }

  /** Keys kept now. */
  public int size() {
    return entries.size();
  }

  /** Keys that went to make room, since the start. */
  public long evicted() {
    return evicted.sum();
  }

  /** Times that there was no room for a key, since the start. */
  public long overflowed() {
    return overflowed.sum();
  }

  @Override
  public String toString() {
    return "policies of %d of %d keys, %d evicted, %d times no room"
        .formatted(size(), maxKeys, evicted(), overflowed());
  }
}
