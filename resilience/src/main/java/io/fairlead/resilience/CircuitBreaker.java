package io.fairlead.resilience;

import io.fairlead.resilience.CircuitPhase.Closed;
import io.fairlead.resilience.CircuitPhase.HalfOpen;
import io.fairlead.resilience.CircuitPhase.Open;
import java.lang.System.Logger.Level;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/**
 * Stops calls to something that fails or is slow, and lets them through again when it has
 * recovered. Safe for all threads, without locks and without a thread of its own; a permitted or
 * rejected call allocates nothing.
 *
 * <p>In {@link CircuitState#CLOSED} every outcome goes into the sliding window, and the first
 * outcome that makes a rate reach its threshold opens the breaker. In {@link CircuitState#OPEN}
 * every call is rejected until the wait is over; the next call then makes it {@link
 * CircuitState#HALF_OPEN} and is the first probe. When all permitted probes have an outcome, the
 * same thresholds close it or open it again. Nothing happens between calls: an open breaker without
 * traffic stays open.
 *
 * <p>A caller either uses {@link #call} or the permit form:
 *
 * <pre>{@code
 * long permit = breaker.tryAcquire();
 * if (permit < 0) { ... rejected ... }
 * // exactly one of success, failure, ignore follows, on any thread
 * }</pre>
 *
 * A permit belongs to the phase that gave it: an outcome that comes after a transition is dropped,
 * so a late success of the CLOSED time cannot close a half-open breaker. An outcome of a probe
 * counts once however often it is told.
 */
public final class CircuitBreaker {
  /** What {@link #tryAcquire()} returns for a call that must not be made. */
  public static final long REJECTED = Permit.REJECTED;

  /** The phase changed under the call, which has to look again. */
  private static final long AGAIN = -2;

  private static final System.Logger LOG = System.getLogger(CircuitBreaker.class.getName());

  private final String name;
  private final Ticker ticker;
  private final CircuitListener listener;
  private final CircuitOpenException rejection;
  private final AtomicReference<CircuitPhase> phase;
  private final LongAdder rejected = new LongAdder();
  private final LongAdder opened = new LongAdder();
  private final LongAdder listenerFailures = new LongAdder();
  private volatile CircuitRules rules;

  /** A closed breaker on the clock of this process. */
  public CircuitBreaker(String name, CircuitBreakerSettings settings) {
    this(name, settings, Ticker.system(), CircuitListener.none());
  }

  /** A closed breaker. The name appears in messages and snapshots. */
  public CircuitBreaker(
      String name, CircuitBreakerSettings settings, Ticker ticker, CircuitListener listener) {
    this.name = name;
    this.ticker = ticker;
    this.listener = listener;
    rejection = new CircuitOpenException(name);
    rules = new CircuitRules(settings);
    phase = new AtomicReference<>(new Closed(0, CircuitWindow.of(settings, ticker)));
  }

  /** A permit for one call, or {@link #REJECTED}, which is below zero. */
  public long tryAcquire() {
    while (true) {
      CircuitPhase now = phase.get();
      long permit =
          switch (now) {
            case Closed closed -> closed.permit();
            case Open open -> probe(open);
            case HalfOpen halfOpen -> probe(halfOpen);
          };
      if (permit >= 0) {
        return permit;
      }
      if (permit == REJECTED) {
        rejected.increment();
        return REJECTED;
      }
    }
  }

  /** The call came back well after this time; slow if that is above the threshold. */
  public void success(long permit, long elapsedNanos) {
    record(permit, CircuitWindow.CALL, elapsedNanos);
  }

  /** The call failed after this time. */
  public void failure(long permit, long elapsedNanos) {
    record(permit, CircuitWindow.CALL | CircuitWindow.FAILED, elapsedNanos);
  }

  /**
   * The call tells nothing, because it was not made or its caller gave up; a probe is free again.
   */
  public void ignore(long permit) {
    CircuitPhase now = phase.get();
    if (now instanceof HalfOpen halfOpen && belongs(permit, now)) {
      halfOpen.giveBack(permit);
    }
  }

  /**
   * Makes the call if it is permitted. What it throws is a failure and comes out as it is, except
   * that an interrupt and a rejection by another policy say nothing of the called side and are
   * ignored.
   *
   * @throws CircuitOpenException if the call is not permitted; it is shared and has no stack trace
   */
  public <T> T call(Callable<T> callable) throws Exception {
    long permit = tryAcquire();
    if (permit < 0) {
      throw rejection;
    }
    long start = ticker.nanos();
    T result;
    try {
      result = callable.call();
    } catch (InterruptedException | RejectedCallException e) {
      ignore(permit);
      throw e;
    } catch (Throwable e) {
      failure(permit, ticker.nanos() - start);
      throw e;
    }
    success(permit, ticker.nanos() - start);
    return result;
  }

  /** The present state. OPEN stays until a call comes after the wait. */
  public CircuitState state() {
    return phase.get().state();
  }

  /** Nanoseconds until an open breaker lets a probe through; 0 if calls may pass now. */
  public long remainingOpenNanos() {
    return phase.get() instanceof Open open
        ? Math.max(0, open.remainingNanos(ticker.nanos(), rules))
        : 0;
  }

  /** The settings in force. */
  public CircuitBreakerSettings settings() {
    return rules.settings;
  }

  /**
   * Puts other settings in force without a transition. Thresholds and waits hold from the next
   * call, also for an open breaker. A count window of another size keeps its newest outcomes; a
   * time window of another size, or another type of window, starts empty. The number of probes
   * holds from the next half-open phase. An outcome told while the window is replaced may be lost.
   */
  public void reconfigure(CircuitBreakerSettings settings) {
    rules = new CircuitRules(settings);
    fitWindow();
  }

  /** Gives a closed breaker the window of the rules in force; they may change meanwhile. */
  private void fitWindow() {
    while (phase.get() instanceof Closed closed) {
      CircuitWindow window = closed.window().resized(rules.settings, ticker);
      if (window == closed.window()) {
        return;
      }
      phase.compareAndSet(closed, new Closed(closed.generation(), window));
    }
  }

  /** What this breaker knows now. */
  public CircuitBreakerSnapshot snapshot() {
    CircuitPhase now = phase.get();
    Outcomes outcomes = now.outcomes();
    return new CircuitBreakerSnapshot(
        name,
        now.state(),
        outcomes.calls(),
        outcomes.failures(),
        outcomes.slowCalls(),
        rejected.sum(),
        opened.sum(),
        listenerFailures.sum());
  }

  @Override
  public String toString() {
    CircuitBreakerSnapshot now = snapshot();
    return "circuit breaker %s %s: %d of %d calls failed, %d slow, %d rejected, opened %d times"
        .formatted(
            name,
            now.state(),
            now.failures(),
            now.calls(),
            now.slowCalls(),
            now.rejectedCalls(),
            now.timesOpened());
  }

  private long probe(Open open) {
    long now = ticker.nanos();
    if (open.remainingNanos(now, rules) > 0) {
      return REJECTED;
    }
    var halfOpen = new HalfOpen(next(open), rules.probes);
    long permit = halfOpen.lease(now);
    return enter(open, halfOpen) ? permit : AGAIN;
  }

  private long probe(HalfOpen halfOpen) {
    long now = ticker.nanos();
    long permit = halfOpen.lease(now);
    if (permit < 0 && halfOpen.overdue(now, rules)) {
      decide(halfOpen);
      return AGAIN;
    }
    return permit;
  }

  private void record(long permit, int outcome, long elapsedNanos) {
    if (permit < 0) {
      throw new IllegalArgumentException("permit: the call was not permitted, was " + permit);
    }
    CircuitRules now = rules;
    int told = elapsedNanos > now.slowNanos ? outcome | CircuitWindow.SLOW : outcome;
    CircuitPhase current = phase.get();
    if (!belongs(permit, current)) {
      return;
    }
    switch (current) {
      case Closed closed -> {
        if (closed.window().add(told, now)) {
          open(closed);
        }
      }
      case HalfOpen halfOpen -> {
        if (halfOpen.finish(permit, told)) {
          decide(halfOpen);
        }
      }
      case Open open -> {} // Permits are not given out in OPEN.
    }
  }

  private static boolean belongs(long permit, CircuitPhase phase) {
    return Permit.generation(permit) == phase.generation();
  }

  private void decide(HalfOpen halfOpen) {
    if (halfOpen.failed(rules)) {
      enter(halfOpen, opened(halfOpen));
      return;
    }
    enter(halfOpen, new Closed(next(halfOpen), CircuitWindow.of(rules.settings, ticker)));
    fitWindow();
  }

  /** The phase may have got another window meanwhile, but the verdict stands. */
  private void open(Closed judged) {
    CircuitPhase now = judged;
    do {
      if (enter(now, opened(judged))) {
        return;
      }
      now = phase.get();
    } while (now.generation() == judged.generation());
  }

  private Open opened(CircuitPhase from) {
    return new Open(next(from), ticker.nanos(), from.outcomes());
  }

  private static int next(CircuitPhase phase) {
    return phase.generation() + 1 & Permit.GENERATIONS;
  }

  private boolean enter(CircuitPhase from, CircuitPhase to) {
    if (!phase.compareAndSet(from, to)) {
      return false;
    }
    if (to instanceof Open) {
      opened.increment();
    }
    tell(new CircuitTransition(name, from.state(), to.state(), to.generation()));
    return true;
  }

  /** No listener may break a call, so even its errors end here. */
  @SuppressWarnings("CatchAndPrintStackTrace")
  private void tell(CircuitTransition transition) {
    try {
      listener.changed(transition);
    } catch (Throwable e) {
      listenerFailures.increment();
      if (listenerFailures.sum() == 1) {
        LOG.log(Level.WARNING, "the listener of circuit breaker " + name + " failed", e);
      }
    }
  }
}
