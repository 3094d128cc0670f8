package io.fairlead.resilience;

import java.util.concurrent.TimeUnit;

/**
 * The outcomes of the last N seconds, exact to one slice: a second for windows of 10 to 100
 * seconds, otherwise a tenth or a hundredth of the window.
 *
 * <p>Rates are summed only when the verdict can have changed: after a failed or slow call, after
 * any call while there are too few, and after the first call of a slice in which older slices left
 * the window. Other calls in between can only lower the rates.
 */
final class TimeWindow implements CircuitWindow {
  private static final long NEVER = -1;

  private final int seconds;
  private final Ticker ticker;
  private final long origin;
  private final long sliceNanos;
  private final int slices;
  private final SlidingSum calls;
  private final SlidingSum failures;
  private final SlidingSum slowCalls;

  /**
   * Tick of the newest failed or slow call; without one in the window no rate can be above zero.
   */
  private volatile long bad = NEVER;

  /** Tick of the newest verdict that had enough calls. */
  private volatile long judged = NEVER;

  TimeWindow(int seconds, Ticker ticker) {
    this.seconds = seconds;
    this.ticker = ticker;
    origin = ticker.nanos();
    slices = Math.clamp(seconds, 10, 100);
    sliceNanos = TimeUnit.SECONDS.toNanos(seconds) / slices;
    calls = new SlidingSum(slices);
    failures = new SlidingSum(slices);
    slowCalls = new SlidingSum(slices);
  }

  @Override
  public boolean add(int outcome, CircuitRules rules) {
    long tick = tick();
    // Calls first and read last, so that no reader sees more failures than calls.
    calls.add(tick, 1);
    if (outcome != CALL) {
      if ((outcome & FAILED) != 0) {
        failures.add(tick, 1);
      }
      if ((outcome & SLOW) != 0) {
        slowCalls.add(tick, 1);
      }
      bad = tick;
    } else if (bad == NEVER || tick - bad >= slices || judged == tick) {
      return false;
    }
    Outcomes now = outcomes(tick);
    if (rules.tooFew(now.calls())) {
      return false;
    }
    judged = tick;
    return rules.exceeded(now.calls(), now.failures(), now.slowCalls());
  }

  @Override
  public Outcomes outcomes() {
    return outcomes(tick());
  }

  private Outcomes outcomes(long tick) {
    long slow = slowCalls.sum(tick);
    long failed = failures.sum(tick);
    return new Outcomes(calls.sum(tick), failed, slow);
  }

  /**
   * Keeps all for the same length; slices of another length cannot be split, so it starts empty.
   */
  @Override
  public CircuitWindow resized(CircuitBreakerSettings settings, Ticker newTicker) {
    boolean same =
        settings.slidingWindowType() == SlidingWindowType.TIME_BASED
            && settings.slidingWindowSize() == seconds;
    judged = NEVER;
    return same ? this : CircuitWindow.of(settings, newTicker);
  }

  private long tick() {
    return Math.max(0, ticker.nanos() - origin) / sliceNanos;
  }
}
