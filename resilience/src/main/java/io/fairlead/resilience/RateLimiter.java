package io.fairlead.resilience;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Lets a number of calls through per period. Safe for all threads, without locks; admitting and
 * refusing allocate nothing.
 *
 * <p>It is the generic cell rate algorithm (ITU-T I.371): one word holds the time at which all
 * calls let through so far would have been spaced evenly, and a call passes while that time is less
 * than a period ahead. After a quiet period the whole limit passes at once; then a call every
 * {@code period / limit}. So any stretch of one period sees at most twice the limit, and any long
 * stretch the limit.
 */
public final class RateLimiter {
  private final String name;
  private final Ticker ticker;
  private final AtomicLong evenUntil;
  private final LongAdder rejected = new LongAdder();
  private volatile Pace pace;

  /**
   * @param intervalNanos between calls at the limit, rounded down by less than a thousandth
   * @param burstNanos how far ahead the word may be
   */
  private record Pace(RateLimitSettings settings, long intervalNanos, long burstNanos) {
    static Pace of(RateLimitSettings settings) {
      long interval = settings.period().toNanos() / settings.limit();
      return new Pace(settings, interval, interval * settings.limit());
    }
  }

  /** A limiter that has let nothing through yet, on the clock of this process. */
  public RateLimiter(String name, RateLimitSettings settings) {
    this(name, settings, Ticker.system());
  }

  /** A limiter that has let nothing through yet. The name appears in messages. */
  public RateLimiter(String name, RateLimitSettings settings, Ticker ticker) {
    this.name = name;
    this.ticker = ticker;
    pace = Pace.of(settings);
    evenUntil = new AtomicLong(ticker.nanos());
  }

  /**
   * 0 if the call may pass now, or the nanoseconds after which one may, if no other comes before.
   */
  public long tryAcquire() {
    Pace now = pace;
    long nanos = ticker.nanos();
    while (true) {
      long until = evenUntil.get();
      long next = (until - nanos < 0 ? nanos : until) + now.intervalNanos;
      long wait = next - nanos - now.burstNanos;
      if (wait > 0) {
        rejected.increment();
        return wait;
      }
      if (evenUntil.compareAndSet(until, next)) {
        return 0;
      }
    }
  }

  /**
   * Makes the call if it may pass.
   *
   * @throws RateLimitedException if it may not; it tells when and has no stack trace
   */
  public <T> T call(Callable<T> callable) throws Exception {
    long wait = tryAcquire();
    if (wait > 0) {
      throw new RateLimitedException(name, Duration.ofNanos(wait));
    }
    return callable.call();
  }

  /** Calls that may pass now. */
  public long available() {
    Pace now = pace;
    long ahead = Math.max(0, evenUntil.get() - ticker.nanos());
    return Math.max(0, (now.burstNanos - ahead) / now.intervalNanos);
  }

  /** Calls refused since the start. */
  public long rejectedCalls() {
    return rejected.sum();
  }

  /** The settings in force. */
  public RateLimitSettings settings() {
    return pace.settings;
  }

  /** Puts other settings in force; the used share of the old limit is used of the new one. */
  public synchronized void reconfigure(RateLimitSettings settings) {
    Pace before = pace;
    Pace after = Pace.of(settings);
    pace = after;
    long nanos = ticker.nanos();
    double scale = (double) after.burstNanos / before.burstNanos;
    evenUntil.updateAndGet(until -> nanos + (long) (Math.max(0, until - nanos) * scale));
  }

  @Override
  public String toString() {
    RateLimitSettings now = settings();
    return "rate limit %s: %d of %d per %s available, %d rejected"
        .formatted(name, available(), now.limit(), now.period(), rejectedCalls());
  }
}
