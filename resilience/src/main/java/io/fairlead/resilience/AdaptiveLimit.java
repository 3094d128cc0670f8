package io.fairlead.resilience;

import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Lets as many calls run at a time as the called side bears, and finds that number by itself from
 * latencies and overloads. Safe for all threads, without locks; a permitted or rejected call
 * allocates nothing.
 *
 * <p>By Little's law a service that answers {@code r} calls a second in {@code s} seconds has
 * {@code r * s} in flight; more in flight only queue. The limit moves between the configured bounds
 * as the {@link LimitAlgorithm} says, and only when the calls in flight came near it, at least to
 * half: below that it holds nothing back and nothing can be learned of it.
 *
 * <p>A caller either uses {@link #call} or the permit form:
 *
 * <pre>{@code
 * long permit = limit.tryAcquire();
 * if (permit < 0) { ... rejected ... }
 * // exactly one of success, dropped, ignore follows, on any thread
 * }</pre>
 *
 * Many calls that are dropped at a time lower the limit once: a permit that was given before the
 * limit was last lowered does not lower it again.
 */
public final class AdaptiveLimit implements Policy {
  /** What {@link #tryAcquire()} returns for a call that must not be made. */
  public static final long REJECTED = -1;

  private static final int MIN_SAMPLES = 10;
  private static final int BITS = 20;
  private static final long FIELD = (1L << BITS) - 1;
  private static final int ERAS = 1 << 63 - 2 * BITS;

  private final String name;
  private final Ticker ticker;
  private final LimitExceededException rejection;

  /**
   * 23 bits of era, 20 bits of limit, 20 bits of calls in flight: one word, so that no call is let
   * through against a limit that is no longer in force. The era grows when a drop or other settings
   * change the limit. A permit is the era and the number of calls in flight with it.
   */
  private final AtomicLong word;

  private final AtomicLong samples = new AtomicLong();
  private final LongAdder sampledNanos = new LongAdder();
  private final AtomicBoolean updating = new AtomicBoolean();
  private final LongAdder rejected = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder lowered = new LongAdder();

  /** Most calls in flight within the round; a lost write is made up for by the next call. */
  private volatile int peak;

  private volatile LimitEstimator estimator;
  private volatile AdaptiveLimitSettings settings;

  /** A limit without calls on the clock of this process. */
  public AdaptiveLimit(String name, AdaptiveLimitSettings settings) {
    this(name, settings, Ticker.system());
  }

  /** A limit without calls. The name appears in messages and snapshots. */
  public AdaptiveLimit(String name, AdaptiveLimitSettings settings, Ticker ticker) {
    this.name = name;
    this.ticker = ticker;
    this.settings = settings;
    rejection = new LimitExceededException(name);
    estimator = LimitEstimator.of(settings.algorithm());
    word = new AtomicLong(word(0, settings.initialLimit(), 0));
  }

  /** A permit for one call, or {@link #REJECTED}, which is below zero. It never waits. */
  public long tryAcquire() {
    return tryAcquire(1);
  }

  /** A permit out of the first share of the limit, which is at least one call. */
  long tryAcquire(double share) {
    while (true) {
      long now = word.get();
      int inFlight = inFlight(now);
      if (inFlight >= Math.max(1, (int) (limit(now) * share))) {
        rejected.increment();
        return REJECTED;
      }
      if (word.compareAndSet(now, now + 1)) {
        return (long) era(now) << BITS | inFlight + 1;
      }
    }
  }

  /** The call came back well after this time. */
  public void success(long permit, long elapsedNanos) {
    if (settings.algorithm() instanceof LimitAlgorithm.Aimd aimd
        && elapsedNanos > aimd.latencyThreshold().toNanos()) {
      dropped(permit);
      return;
    }
    release(permit);
    int admitted = inFlight(permit);
    if (admitted > peak) {
      peak = admitted;
    }
    sampledNanos.add(Math.max(0, elapsedNanos));
    if (samples.incrementAndGet() >= roundSize()) {
      endRound();
    }
  }

  /** The call met an overload: refused as too many, or not answered in time. */
  public void dropped(long permit) {
    require(permit);
    dropped.increment();
    while (true) {
      long now = word.get();
      int limit = limit(now);
      int lower = limit;
      if (permit >>> BITS == era(now) && 2 * inFlight(permit) >= limit) {
        AdaptiveLimitSettings rules = settings;
        int share = (int) (limit * rules.algorithm().backoffRatio());
        lower = Math.clamp(share, rules.minLimit(), rules.maxLimit());
      }
      int era = lower == limit ? era(now) : next(now);
      if (word.compareAndSet(now, word(era, lower, one(now) - 1))) {
        if (lower < limit) {
          lowered.increment();
        }
        return;
      }
    }
  }

  /** The call tells nothing of the load, because it was not made or failed for another reason. */
  public void ignore(long permit) {
    release(permit);
  }

  /**
   * Makes the call if it is permitted. A timeout counts as dropped; what else it throws tells
   * nothing of the load. Everything it throws comes out as it is.
   *
   * @throws LimitExceededException if the call is not permitted; it is shared and has no stack
   *     trace
   */
  public <T> T call(Callable<T> callable) throws Exception {
    long permit = tryAcquire();
    if (permit < 0) {
      throw rejection;
    }
    return run(permit, callable);
  }

  /** Makes the call with this permit and gives it back. */
  <T> T run(long permit, Callable<T> callable) throws Exception {
    long start = ticker.nanos();
    T result;
    try {
      result = callable.call();
    } catch (Throwable e) {
      failed(permit, e);
      throw e;
    }
    success(permit, ticker.nanos() - start);
    return result;
  }

  /** Tells what a call threw: a timeout is an overload, and nothing else says so. */
  void failed(long permit, Throwable failure) {
    if (RetryOn.of(failure).filter(on -> on == RetryOn.TIMEOUT).isPresent()) {
      dropped(permit);
    } else {
      ignore(permit);
    }
  }

  LimitExceededException rejection() {
    return rejection;
  }

  @Override
  public String name() {
    return name;
  }

  /** Whether no call is in flight; what was learned of the limit would be lost. */
  @Override
  public boolean isAtRest() {
    return inFlight() == 0;
  }

  Ticker ticker() {
    return ticker;
  }

  /** Calls that may run at a time. */
  public int limit() {
    return limit(word.get());
  }

  /** Calls that run now. */
  public int inFlight() {
    return inFlight(word.get());
  }

  /** The settings in force. */
  public AdaptiveLimitSettings settings() {
    return settings;
  }

  /**
   * Puts other settings in force. The limit stays where it is within the new bounds, and what was
   * learned stays unless the algorithm is another; the initial limit means nothing any more.
   */
  public void reconfigure(AdaptiveLimitSettings other) {
    settings = other;
    if (!estimator.serves(other.algorithm())) {
      estimator = LimitEstimator.of(other.algorithm());
    }
    // The era keeps a round that is just ending from setting a limit within the old bounds.
    word.updateAndGet(
        now ->
            word(
                next(now),
                Math.clamp(limit(now), other.minLimit(), other.maxLimit()),
                inFlight(now)));
  }

  /** What this limit knows now. */
  public AdaptiveLimitSnapshot snapshot() {
    long now = word.get();
    return new AdaptiveLimitSnapshot(
        name, limit(now), inFlight(now), rejected.sum(), dropped.sum(), lowered.sum());
  }

  @Override
  public String toString() {
    AdaptiveLimitSnapshot now = snapshot();
    return "concurrency limit %s: %d of %d in flight, %d rejected, %d dropped, lowered %d times"
        .formatted(
            name,
            now.inFlight(),
            now.limit(),
            now.rejectedCalls(),
            now.droppedCalls(),
            now.timesLowered());
  }

  private int roundSize() {
    return Math.max(MIN_SAMPLES, limit());
  }

  /** One thread ends the round; whoever comes meanwhile adds to this round or the next. */
  private void endRound() {
    if (!updating.compareAndSet(false, true)) {
      return;
    }
    try {
      // The word before the settings: see reconfigure.
      long judged = word.get();
      AdaptiveLimitSettings rules = settings;
      LimitEstimator learned = estimator;
      if (samples.get() < roundSize() || !learned.serves(rules.algorithm())) {
        return;
      }
      long count = samples.getAndSet(0);
      double mean = (double) sampledNanos.sumThenReset() / count;
      int limit = limit(judged);
      var load = 2 * peak >= limit ? LimitEstimator.Load.NEAR_LIMIT : LimitEstimator.Load.LIGHT;
      peak = 0;
      int wanted = learned.next(rules, limit, mean, load);
      setLimit(era(judged), Math.clamp(wanted, rules.minLimit(), rules.maxLimit()));
    } finally {
      updating.set(false);
    }
  }

  private void setLimit(int era, int limit) {
    while (true) {
      long now = word.get();
      if (era(now) != era || word.compareAndSet(now, word(era, limit, inFlight(now)))) {
        return;
      }
    }
  }

  private void release(long permit) {
    require(permit);
    while (true) {
      long now = word.get();
      one(now);
      if (word.compareAndSet(now, now - 1)) {
        return;
      }
    }
  }

  private static void require(long permit) {
    if (permit < 0) {
      throw new IllegalArgumentException("permit: the call was not permitted, was " + permit);
    }
  }

  /** The calls in flight, of which there is at least one. */
  private int one(long now) {
    int inFlight = inFlight(now);
    if (inFlight == 0) {
      throw new IllegalStateException(
          "concurrency limit " + name + ": told more outcomes than permits given");
    }
    return inFlight;
  }

  private static long word(int era, int limit, int inFlight) {
    return (long) era << 2 * BITS | (long) limit << BITS | inFlight;
  }

  private static int era(long word) {
    return (int) (word >>> 2 * BITS);
  }

  private static int next(long word) {
    return era(word) + 1 & ERAS - 1;
  }

  private static int limit(long word) {
    return (int) (word >>> BITS & FIELD);
  }

  private static int inFlight(long word) {
    return (int) (word & FIELD);
  }
}
