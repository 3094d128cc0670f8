package io.fairlead.resilience;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets a number of calls through per period, as its {@link RateLimitAlgorithm} says. Safe for all
 * threads, without locks; admitting and refusing allocate nothing.
 *
 * <p>Token bucket and leaky bucket are the generic cell rate algorithm. Within one period a token
 * bucket lets at most twice the limit through, and any long stretch the limit; from limits of some
 * hundred up, credit that threads hold in advance can add less than 1 % of the limit to that. The
 * sliding window is exact.
 *
 * <p>{@link #tryAcquire()} never waits and suits event loops. {@link #reserve} takes a turn that is
 * not yet due, for callers that can wait by themselves; {@link #acquire} waits for it. The longest
 * wait bounds the queue: with a leaky bucket of a call per 10 ms, 100 ms are 10 waiting calls.
 */
public final class RateLimiter implements Policy {
  private final String name;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private final LongAdder rejected = new LongAdder();
  private final AtomicInteger waiting = new AtomicInteger();
  private final ReentrantLock reconfiguring = new ReentrantLock();
  private volatile RatePace pace;

  /** A limiter that has let nothing through yet, on the clock of this process. */
  public RateLimiter(String name, RateLimitSettings settings) {
    this(name, settings, Ticker.system());
  }

  /** A limiter that has let nothing through yet. The name appears in messages. */
  public RateLimiter(String name, RateLimitSettings settings, Ticker ticker) {
    this(name, settings, ticker, Sleeper.system());
  }

  /** As before; the sleeper is used by {@link #acquire} alone. */
  public RateLimiter(String name, RateLimitSettings settings, Ticker ticker, Sleeper sleeper) {
    this.name = name;
    this.ticker = ticker;
    this.sleeper = sleeper;
    pace = RatePace.of(settings, ticker);
  }

  /**
   * 0 if the call may pass now, or the nanoseconds after which one may, if no other comes before.
   */
  public long tryAcquire() {
    long wait = pace.tryAcquire();
    if (wait > 0) {
      rejected.increment();
    }
    return wait;
  }

  /**
   * Takes the next turn if it comes within this many nanoseconds. 0 or above is the wait that the
   * caller has to keep before it makes the call. Below zero the call may not be made; negated it is
   * the wait that would have been needed.
   */
  public long reserve(long maxWaitNanos) {
    long wait = pace.reserve(Math.max(0, maxWaitNanos));
    if (wait < 0) {
      rejected.increment();
    }
    return wait;
  }

  /**
   * Whether the call may pass, now or after a wait of at most this long; a turn that would come
   * later is refused at once. Turns are given in the order in which callers came.
   *
   * @throws InterruptedException if interrupted while waiting; the call may not be made. Its turn
   *     goes back, but for the sliding window, where it stays used
   */
  public boolean acquire(Duration maxWait) throws InterruptedException {
    Require.notNegative("maxWait", maxWait);
    return keep(maxWait) >= 0;
  }

  /**
   * Makes the call if it may pass.
   *
   * @throws RateLimitedException if it may not; it tells when and has no stack trace
   */
  public <T> T call(Callable<T> callable) throws Exception {
    long wait = tryAcquire();
    if (wait > 0) {
      throw rejection(wait);
    }
    return callable.call();
  }

  @Override
  public String name() {
    return name;
  }

  /** Whether nothing of the limit is used and nobody waits. */
  @Override
  public boolean isAtRest() {
    return waiting.get() == 0 && pace.usedShare() == 0;
  }

  RateLimitedException rejection(long waitNanos) {
    return new RateLimitedException(name, Duration.ofNanos(waitNanos));
  }

  /**
   * Makes the call when its turn has come, which may be at most this long away.
   *
   * @throws RateLimitedException as {@link #call(Callable)}
   * @throws InterruptedException as {@link #acquire}
   */
  public <T> T call(Duration maxWait, Callable<T> callable) throws Exception {
    Require.notNegative("maxWait", maxWait);
    long wait = keep(maxWait);
    if (wait < 0) {
      throw new RateLimitedException(name, Duration.ofNanos(-wait));
    }
    return callable.call();
  }

  /** Calls that may pass now. */
  public long available() {
    return pace.available();
  }

  /** Calls refused since the start. */
  public long rejectedCalls() {
    return rejected.sum();
  }

  /** The settings in force. */
  public RateLimitSettings settings() {
    return pace.settings();
  }

  /**
   * Puts other settings in force. A sliding window remembers the newest calls; otherwise the used
   * share of the old limit is used of the new one. Calls that wait keep their turns.
   */
  public void reconfigure(RateLimitSettings settings) {
    reconfiguring.lock();
    try {
      pace = pace.under(settings, ticker);
    } finally {
      reconfiguring.unlock();
    }
  }

  /** What this limiter knows now. */
  public RateLimiterSnapshot snapshot() {
    RatePace now = pace;
    return new RateLimiterSnapshot(
        name, now.settings(), now.available(), waiting.get(), rejected.sum());
  }

  @Override
  public String toString() {
    RateLimitSettings now = settings();
    return "rate limit %s: %d of %d per %s available, %d rejected"
        .formatted(name, available(), now.limit(), now.period(), rejectedCalls());
  }

  /** As {@link #reserve}, and waits. */
  private long keep(Duration maxWait) throws InterruptedException {
    RatePace now = pace;
    long wait = now.reserve(maxWait.toNanos());
    if (wait < 0) {
      rejected.increment();
    }
    if (wait <= 0) {
      return wait;
    }
    long turn = ticker.nanos() + wait;
    boolean kept = false;
    waiting.incrementAndGet();
    try {
      for (long rest = wait; rest > 0; rest = turn - ticker.nanos()) {
        sleeper.sleep(rest);
      }
      kept = true;
      return wait;
    } finally {
      waiting.decrementAndGet();
      if (!kept) {
        now.abandon();
      }
    }
  }
}
