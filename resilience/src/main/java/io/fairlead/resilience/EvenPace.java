package io.fairlead.resilience;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The generic cell rate algorithm (ITU-T I.371): one word holds the time at which all calls let
 * through so far would have been spaced evenly, and a call passes while that time is less than the
 * burst ahead. A burst of the whole limit makes the token bucket, a burst of one the leaky one.
 *
 * <p>The word would be shared by all threads and asks for the clock at each call. So for limits of
 * some hundred and more, calls are taken from it in batches: a thread that finds no credit in its
 * stripe takes a batch and parks the rest there, for itself and the threads that share the stripe.
 * Parked credit does not grow old, so it can come on top of a full bucket; all stripes together
 * hold less than 1 % of the limit. Before a call is refused, credit parked in all stripes is used
 * up. Credit that another thread is just carrying to its stripe counts as used.
 */
final class EvenPace implements RatePace {
  private static final int MAX_BATCH = 128;
  private static final int MAX_STRIPES = 64;

  /** Longs in two cache lines, which are fetched as a pair. */
  private static final int PAD_SHIFT = 4;

  private final RateLimitSettings settings;
  private final Ticker ticker;

  /** Between calls at the limit, rounded down by less than a thousandth. */
  private final long intervalNanos;

  /** How far ahead the word may be. */
  private final long burstNanos;

  private final AtomicLong evenUntil;
  private final int stripes;

  /** Calls that are taken from the word at a time; 1 does without stripes. */
  private final int batch;

  private final AtomicLongArray credit;

  private EvenPace(RateLimitSettings settings, Ticker ticker, AtomicLong evenUntil) {
    this.settings = settings;
    this.ticker = ticker;
    this.evenUntil = evenUntil;
    intervalNanos = settings.period().toNanos() / settings.limit();
    boolean bucket = settings.algorithm() == RateLimitAlgorithm.TOKEN_BUCKET;
    int burst = bucket ? settings.limit() : 1;
    burstNanos = intervalNanos * burst;
    int processors = Runtime.getRuntime().availableProcessors();
    stripes = Math.min(MAX_STRIPES, Integer.highestOneBit(4 * processors - 1));
    batch = Math.clamp(burst / (100L * stripes), 1, MAX_BATCH);
    credit = new AtomicLongArray(batch == 1 ? 0 : stripes << PAD_SHIFT);
  }

  static EvenPace of(RateLimitSettings settings, Ticker ticker, double usedShare) {
    var pace = new EvenPace(settings, ticker, new AtomicLong(ticker.nanos()));
    pace.evenUntil.addAndGet((long) (pace.burstNanos * usedShare));
    return pace;
  }

  @Override
  public RateLimitSettings settings() {
    return settings;
  }

  @Override
  public long tryAcquire() {
    if (batch == 1) {
      return Math.max(0, -take(0));
    }
    // Consecutive threads get different stripes.
    int cell = (int) Thread.currentThread().threadId() & stripes - 1;
    long parked = credit.get(cell << PAD_SHIFT);
    if (parked > 0 && credit.compareAndSet(cell << PAD_SHIFT, parked, parked - 1)) {
      return 0;
    }
    return takeBatch(cell);
  }

  @Override
  public long reserve(long maxWaitNanos) {
    return batch > 1 && tryAcquire() == 0 ? 0 : take(maxWaitNanos);
  }

  /** As {@link #reserve}, from the word alone. */
  private long take(long maxWaitNanos) {
    long nanos = ticker.nanos();
    while (true) {
      long until = evenUntil.get();
      long next = later(until, nanos) + intervalNanos;
      long wait = next - nanos - burstNanos;
      if (wait > maxWaitNanos) {
        return -wait;
      }
      if (evenUntil.compareAndSet(until, next)) {
        return Math.max(0, wait);
      }
    }
  }

  private long takeBatch(int cell) {
    long nanos = ticker.nanos();
    while (true) {
      if (takeParked(cell)) {
        return 0;
      }
      long until = evenUntil.get();
      long from = later(until, nanos);
      long room = burstNanos - (from - nanos);
      if (room < intervalNanos) {
        return takeParkedAnywhere(cell) ? 0 : intervalNanos - room;
      }
      long taken = Math.min(batch, room / intervalNanos);
      if (evenUntil.compareAndSet(until, from + taken * intervalNanos)) {
        park(cell, taken - 1);
        return 0;
      }
    }
  }

  /**
   * What finds credit of another thread in the stripe goes back, so that a stripe stays bounded.
   */
  private void park(int cell, long calls) {
    if (calls > 0 && !credit.compareAndSet(cell << PAD_SHIFT, 0, calls)) {
      evenUntil.addAndGet(-calls * intervalNanos);
    }
  }

  private boolean takeParkedAnywhere(int own) {
    for (int i = 1; i < stripes; i++) {
      if (takeParked(own + i & stripes - 1)) {
        return true;
      }
    }
    return false;
  }

  private boolean takeParked(int cell) {
    while (true) {
      long parked = credit.get(cell << PAD_SHIFT);
      if (parked <= 0) {
        return false;
      }
      if (credit.compareAndSet(cell << PAD_SHIFT, parked, parked - 1)) {
        return true;
      }
    }
  }

  @Override
  public void abandon() {
    evenUntil.addAndGet(-intervalNanos);
  }

  @Override
  public long available() {
    long calls = Math.max(0, (burstNanos - aheadNanos()) / intervalNanos);
    for (int cell = 0; cell < credit.length(); cell += 1 << PAD_SHIFT) {
      calls += credit.get(cell);
    }
    return calls;
  }

  @Override
  public double usedShare() {
    return Math.clamp((double) aheadNanos() / burstNanos, 0.0, 1.0);
  }

  /**
   * The same word under other settings, scaled so that the used share of the old limit is used of
   * the new one. Not atomic: a call meanwhile goes by either.
   */
  EvenPace scaled(RateLimitSettings other) {
    var pace = new EvenPace(other, ticker, evenUntil);
    long parked = 0;
    for (int cell = 0; cell < credit.length(); cell += 1 << PAD_SHIFT) {
      parked += credit.getAndSet(cell, 0);
    }
    long unused = parked * intervalNanos;
    double scale = (double) pace.burstNanos / burstNanos;
    long nanos = ticker.nanos();
    evenUntil.updateAndGet(until -> nanos + (long) (Math.max(0, until - nanos - unused) * scale));
    return pace;
  }

  private long aheadNanos() {
    return Math.max(0, evenUntil.get() - ticker.nanos());
  }

  private static long later(long until, long nanos) {
    return until - nanos < 0 ? nanos : until;
  }
}
