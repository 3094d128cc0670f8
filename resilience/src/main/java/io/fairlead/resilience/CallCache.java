package io.fairlead.resilience;

import io.fairlead.resilience.CachedResult.Loaded;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps results of calls for a while, and serves the last good one when a call fails. Safe for all
 * threads; a hit takes no lock and allocates nothing, and no lock is held while a call runs.
 *
 * <p>A result is served without a call for its time to live. Then the next caller makes the call on
 * its own thread, and whoever asks for the same key meanwhile waits for it: one call per key at a
 * time. If it fails, the last good result is served as long as {@code staleIfError} allows
 * (stale-if-error, RFC 5861), to the caller and to those that wait; otherwise all get the failure.
 * If the thread that makes the call is interrupted or meets an {@link Error}, that is its own: one
 * of those that wait makes the call instead.
 *
 * <p>The number of results is bounded; the eviction is SIEVE, see {@link SieveOrder}. Keys are kept
 * as they are, so they must not change; values are shared between callers.
 */
public final class CallCache<K, V> implements Policy {
  private final String name;
  private final Ticker ticker;
  private final ConcurrentHashMap<K, CachedResult<K, V>> results = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<K, Flight<V>> flights = new ConcurrentHashMap<>();
  private final SieveOrder<K, V> order = new SieveOrder<>();
  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final LongAdder joined = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final LongAdder staleServed = new LongAdder();
  private final LongAdder evictions = new LongAdder();
  private volatile CallCacheSettings settings;

  /** How a call ended. */
  private sealed interface Landing<V> {
    record Good<V>(V value) implements Landing<V> {}

    record Failed<V>(Exception failure) implements Landing<V> {}

    /** It says nothing of the call; somebody else has to make it. */
    record Abandoned<V>() implements Landing<V> {}
  }

  /** A call under way; one that is a stage has no thread of its own. */
  private record Flight<V>(@Nullable Thread pilot, CompletableFuture<Landing<V>> landing) {}

  /** An empty cache on the clock of this process. */
  public CallCache(String name, CallCacheSettings settings) {
    this(name, settings, Ticker.system());
  }

  /** An empty cache. The name appears in messages and snapshots. */
  public CallCache(String name, CallCacheSettings settings, Ticker ticker) {
    this.name = name;
    this.settings = settings;
    this.ticker = ticker;
  }

  /**
   * The result for the key: from the cache, by this call or by that of another caller. Results are
   * never null.
   *
   * @throws Exception what the call threw, if no older result may be served; callers that waited
   *     for it get the same exception
   * @throws InterruptedException if interrupted while waiting for the call of another
   * @throws IllegalStateException if the call asks for its own key, which would wait for itself
   */
  public V get(K key, Callable<V> callable) throws Exception {
    while (true) {
      V fresh = fresh(key);
      if (fresh != null) {
        return fresh;
      }
      var mine = new Flight<V>(Thread.currentThread(), new CompletableFuture<>());
      Flight<V> present = flights.putIfAbsent(key, mine);
      if (present == null) {
        return fly(key, mine, callable);
      }
      if (present.pilot == Thread.currentThread()) {
        throw new IllegalStateException(
            "call cache " + name + ": the call for key " + key + " asks for its own key");
      }
      joined.increment();
      switch (landing(present)) {
        case Landing.Good<V>(var value) -> {
          return value;
        }
        case Landing.Failed<V>(var failure) -> {
          return stale(key, failure);
        }
        case Landing.Abandoned<V>() -> {} // The next round may make it.
      }
    }
  }

  /**
   * As {@link #get}, without waiting: the supplier is asked on the calling thread, if the call has
   * to be made. Every caller has a stage of its own, so cancelling one leaves the call alone. If
   * the supplier's stage is cancelled or fails with an {@link Error}, one of the others makes the
   * call.
   */
  public CompletionStage<V> getAsync(K key, Supplier<? extends CompletionStage<V>> supplier) {
    V fresh = fresh(key);
    if (fresh != null) {
      return CompletableFuture.completedStage(fresh);
    }
    var mine = new Flight<V>(null, new CompletableFuture<>());
    Flight<V> present = flights.putIfAbsent(key, mine);
    if (present == null) {
      return fly(key, mine, supplier);
    }
    joined.increment();
    return present.landing.thenCompose(
        landing ->
            switch (landing) {
              case Landing.Good<V>(var value) -> CompletableFuture.completedStage(value);
              case Landing.Failed<V>(var failure) -> staleStage(key, failure);
              case Landing.Abandoned<V>() -> getAsync(key, supplier);
            });
  }

  @Override
  public String name() {
    return name;
  }

  /** Whether nothing is kept and no call is under way. */
  @Override
  public boolean isAtRest() {
    return results.isEmpty() && flights.isEmpty();
  }

  /** The last good result, unless it is too old even for a failed call. Counts as nothing. */
  public Optional<V> lastGood(K key) {
    CachedResult<K, V> entry = results.get(key);
    return entry == null ? Optional.empty() : Optional.ofNullable(usable(entry));
  }

  /** Forgets the key. A call under way for it serves those that wait and is not kept. */
  public void invalidate(K key) {
    flights.compute(
        key,
        (same, flight) -> {
          CachedResult<K, V> entry = results.remove(key);
          if (entry != null) {
            order.remove(entry);
          }
          return null;
        });
  }

  /** The settings in force. */
  public CallCacheSettings settings() {
    return settings;
  }

  /** Puts other settings in force, also for the results that are kept already. */
  public void reconfigure(CallCacheSettings other) {
    settings = other;
    drop(order.trim(other.maxEntries()));
  }

  /** What this cache knows now. */
  public CallCacheSnapshot snapshot() {
    return new CallCacheSnapshot(
        name,
        order.size(),
        hits.sum(),
        misses.sum(),
        joined.sum(),
        failures.sum(),
        staleServed.sum(),
        evictions.sum());
  }

  @Override
  public String toString() {
    CallCacheSnapshot now = snapshot();
    return "call cache %s: %d of %d entries, %d hits, %d misses, %d stale served, %d evicted"
        .formatted(
            name,
            now.entries(),
            settings.maxEntries(),
            now.hits(),
            now.misses(),
            now.staleServed(),
            now.evictions());
  }

  /** Makes the call. Whatever happens, those that wait are told. */
  private V fly(K key, Flight<V> mine, Callable<V> callable) throws Exception {
    Landing<V> landing = new Landing.Abandoned<>();
    try {
      // A call may have ended between the look and the take-off.
      V fresh = fresh(key);
      if (fresh != null) {
        landing = new Landing.Good<>(fresh);
        return fresh;
      }
      misses.increment();
      V value = callable.call();
      if (value == null) {
        throw new NullPointerException("call cache " + name + ": the call gave null");
      }
      keep(key, value, mine);
      landing = new Landing.Good<>(value);
      return value;
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      failures.increment();
      landing = new Landing.Failed<>(e);
      return stale(key, e);
    } finally {
      flights.remove(key, mine);
      mine.landing.complete(landing);
    }
  }

  /** As the other, with a stage that may end on any thread. */
  private CompletionStage<V> fly(
      K key, Flight<V> mine, Supplier<? extends CompletionStage<V>> supplier) {
    V fresh = fresh(key);
    if (fresh != null) {
      flights.remove(key, mine);
      mine.landing.complete(new Landing.Good<>(fresh));
      return CompletableFuture.completedStage(fresh);
    }
    misses.increment();
    CompletionStage<V> stage;
    try {
      stage = Objects.requireNonNull(supplier.get(), "the supplier gave no stage");
    } catch (Throwable e) {
      stage = CompletableFuture.failedStage(e);
    }
    var result = new CompletableFuture<V>();
    stage.whenComplete(
        (value, thrown) -> {
          Throwable failure = failure(value, thrown);
          Landing<V> landing = new Landing.Abandoned<>();
          try {
            if (failure == null) {
              keep(key, value, mine);
              landing = new Landing.Good<>(value);
            } else if (failure instanceof Exception e && !(e instanceof CancellationException)) {
              failures.increment();
              landing = new Landing.Failed<>(e);
            }
          } finally {
            flights.remove(key, mine);
            mine.landing.complete(landing);
          }
          finish(result, landing, key, failure);
        });
    return result;
  }

  private @Nullable Throwable failure(@Nullable V value, @Nullable Throwable thrown) {
    if (thrown == null) {
      return value == null
          ? new NullPointerException("call cache " + name + ": the call gave null")
          : null;
    }
    Throwable cause = thrown.getCause();
    return thrown instanceof CompletionException && cause != null ? cause : thrown;
  }

  private void finish(
      CompletableFuture<V> result, Landing<V> landing, K key, @Nullable Throwable failure) {
    switch (landing) {
      case Landing.Good<V>(var good) -> result.complete(good);
      case Landing.Failed<V>(var thrown) -> {
        V value = staleValue(key);
        if (value == null) {
          result.completeExceptionally(thrown);
        } else {
          result.complete(value);
        }
      }
      case Landing.Abandoned<V>() ->
          result.completeExceptionally(failure == null ? new CancellationException() : failure);
    }
  }

  private CompletionStage<V> staleStage(K key, Exception failure) {
    V value = staleValue(key);
    return value == null
        ? CompletableFuture.failedStage(failure)
        : CompletableFuture.completedStage(value);
  }

  private Landing<V> landing(Flight<V> flight) throws InterruptedException {
    try {
      return flight.landing.get();
    } catch (ExecutionException e) {
      throw new AssertionError("a landing never fails", e);
    }
  }

  private @Nullable V fresh(K key) {
    CachedResult<K, V> entry = results.get(key);
    if (entry == null) {
      return null;
    }
    Loaded<V> loaded = entry.loaded;
    if (ticker.nanos() - loaded.atNanos() >= settings.timeToLive().toNanos()) {
      return null;
    }
    if (!entry.visited) {
      entry.visited = true;
    }
    hits.increment();
    return loaded.value();
  }

  private V stale(K key, Exception failure) throws Exception {
    V value = staleValue(key);
    if (value == null) {
      throw failure;
    }
    return value;
  }

  private @Nullable V staleValue(K key) {
    CachedResult<K, V> entry = results.get(key);
    V value = entry == null ? null : usable(entry);
    if (value != null) {
      staleServed.increment();
    }
    return value;
  }

  private @Nullable V usable(CachedResult<K, V> entry) {
    CallCacheSettings now = settings;
    Loaded<V> loaded = entry.loaded;
    long most = now.timeToLive().toNanos() + now.staleIfError().toNanos();
    return ticker.nanos() - loaded.atNanos() < most ? loaded.value() : null;
  }

  /** Keeps the result unless the key was invalidated since the call began. */
  private void keep(K key, V value, Flight<V> mine) {
    var loaded = new Loaded<>(value, ticker.nanos());
    var added = new CachedResult<>(key, loaded);
    flights.computeIfPresent(
        key,
        (same, flight) -> {
          if (flight == mine) {
            CachedResult<K, V> present = results.putIfAbsent(key, added);
            if (present != null) {
              present.loaded = loaded;
            }
          }
          return flight;
        });
    if (results.get(key) == added) {
      drop(order.add(added, settings.maxEntries()));
    }
  }

  private void drop(List<CachedResult<K, V>> evicted) {
    for (CachedResult<K, V> entry : evicted) {
      results.remove(entry.key, entry);
      evictions.increment();
    }
  }
}
