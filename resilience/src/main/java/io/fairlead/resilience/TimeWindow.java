package io.fairlead.resilience;

import io.fairlead.resilience.Slices.Slice;
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
  private final Slices slices;
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
    int held = Math.clamp(seconds, 10, 100);
    slices = new Slices(ticker, TimeUnit.SECONDS.toNanos(seconds) / held, held);
    calls = SlidingSum.busy(held);
    failures = SlidingSum.quiet(held);
    slowCalls = SlidingSum.quiet(held);
  }

  @Override
  public boolean add(int outcome, CircuitRules rules) {
    Slice slice = slices.now();
    // Calls first and read last, so that no reader sees more failures than calls.
    calls.increment(slice);
    if (outcome != CALL) {
      if ((outcome & FAILED) != 0) {
        failures.add(slice, 1);
      }
      if ((outcome & SLOW) != 0) {
        slowCalls.add(slice, 1);
      }
      bad = slice.tick();
    } else if (bad == NEVER || slice.tick() - bad >= slices.held() || judged == slice.tick()) {
      return false;
    }
    return judge(slice, rules);
  }

  private boolean judge(Slice slice, CircuitRules rules) {
    Outcomes now = outcomes(slice);
    if (rules.tooFew(now.calls())) {
      return false;
    }
    judged = slice.tick();
    return rules.exceeded(now.calls(), now.failures(), now.slowCalls());
  }

  @Override
  public Outcomes outcomes() {
    return outcomes(slices.now());
  }

  private Outcomes outcomes(Slice slice) {
    long slow = slowCalls.sum(slice);
    long failed = failures.sum(slice);
    return new Outcomes(calls.sum(slice), failed, slow);
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
}
