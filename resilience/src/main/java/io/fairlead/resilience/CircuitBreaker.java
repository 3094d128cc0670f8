package io.fairlead.resilience;

import io.fairlead.resilience.CircuitPhase.ForcedOpen;
import io.fairlead.resilience.CircuitPhase.HalfOpen;
import io.fairlead.resilience.CircuitPhase.Open;
import io.fairlead.resilience.CircuitPhase.Passing;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
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
public final class CircuitBreaker implements Policy {
  /** What {@link #tryAcquire()} returns for a call that must not be made. */
  public static final long REJECTED = Permit.REJECTED;

  /** The phase changed under the call, which has to look again. */
  private static final long AGAIN = -2;

  private static final AtomicReferenceFieldUpdater<CircuitBreaker, CircuitPhase> PHASE =
      AtomicReferenceFieldUpdater.newUpdater(CircuitBreaker.class, CircuitPhase.class, "phase");

  private final String name;
  private final Ticker ticker;
  private final PolicyEvents events;
  private final CircuitOpenException rejection;
  private final Tally rejected = new Tally();
  private final LongAdder opened = new LongAdder();
  private volatile CircuitPhase phase;
  private volatile CircuitRules rules;

  /** A closed breaker on the clock of this process. */
  public CircuitBreaker(String name, CircuitBreakerSettings settings) {
    this(name, settings, Ticker.coarse(), PolicyEvents.none());
  }

  /**
   * A closed breaker. The name appears in messages, snapshots and events.
   *
   * @param events is told of every transition
   */
  public CircuitBreaker(
      String name, CircuitBreakerSettings settings, Ticker ticker, PolicyEvents events) {
    this.name = name;
    this.ticker = ticker;
    this.events = events;
    rejection = new CircuitOpenException(name);
    rules = new CircuitRules(settings, ticker);
    phase = new Passing(0, CircuitState.CLOSED, CircuitWindow.of(settings, ticker));
  }

  /** A permit for one call, or {@link #REJECTED}, which is below zero. */
  public long tryAcquire() {
    return phase instanceof Passing passing ? passing.permit : tryAcquireWhileOpen();
  }

  private long tryAcquireWhileOpen() {
    while (true) {
      long permit =
          switch (phase) {
            case Passing passing -> passing.permit;
            case Open open -> probe(open);
            case HalfOpen halfOpen -> probe(halfOpen);
            case ForcedOpen forced -> REJECTED;
          };
      if (permit != AGAIN) {
        if (permit == REJECTED) {
          rejected.increment();
        }
        return permit;
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
    if (phase instanceof HalfOpen halfOpen && belongs(permit, halfOpen)) {
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
    long start = nanos();
    T result;
    try {
      result = callable.call();
    } catch (InterruptedException | RejectedCallException e) {
      ignore(permit);
      throw e;
    } catch (Throwable e) {
      failure(permit, nanos() - start);
      throw e;
    }
    success(permit, nanos() - start);
    return result;
  }

  /** The time by which calls are measured, as precise as the thresholds need it. */
  long nanos() {
    return rules.nanos();
  }

  CircuitOpenException rejection() {
    return rejection;
  }

  @Override
  public String name() {
    return name;
  }

  /** The present state. OPEN stays until a call comes after the wait. */
  public CircuitState state() {
    return phase.state();
  }

  /**
   * Whether the breaker is closed, so that it may be forgotten without letting any call through.
   */
  @Override
  public boolean isAtRest() {
    return state() == CircuitState.CLOSED;
  }

  /** Nanoseconds until an open breaker lets a probe through; 0 if calls may pass now. */
  public long remainingOpenNanos() {
    return phase instanceof Open open ? Math.max(0, open.remainingNanos(nanos(), rules)) : 0;
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
    rules = new CircuitRules(settings, ticker);
    fitWindow();
  }

  /** Gives the breaker the window of the rules in force; they may change meanwhile. */
  private void fitWindow() {
    while (phase instanceof Passing passing) {
      CircuitWindow window = passing.window.resized(rules.settings, ticker);
      if (window == passing.window) {
        return;
      }
      PHASE.compareAndSet(this, passing, new Passing(passing.generation, passing.state, window));
    }
  }

  /**
   * Enters this state whatever the present one is: an operator's decision. CLOSED, METRICS_ONLY and
   * DISABLED begin with an empty window, OPEN with its full wait, HALF_OPEN with all its probes.
   * Calls under way that were permitted before no longer count. Entering the present state begins
   * it anew.
   */
  public void transitionTo(CircuitState state) {
    while (true) {
      CircuitPhase from = phase;
      CircuitPhase to =
          switch (state) {
            case CLOSED, METRICS_ONLY ->
                new Passing(next(from), state, CircuitWindow.of(rules.settings, ticker));
            case DISABLED -> new Passing(next(from), state, NoWindow.NONE);
            case OPEN -> opened(from, 0);
            case FORCED_OPEN -> new ForcedOpen(next(from), from.outcomes());
            case HALF_OPEN -> new HalfOpen(next(from), 0, rules.probes);
          };
      if (enter(from, to)) {
        fitWindow();
        return;
      }
    }
  }

  /** What this breaker knows now. */
  public CircuitBreakerSnapshot snapshot() {
    CircuitPhase now = phase;
    Outcomes outcomes = now.outcomes();
    return new CircuitBreakerSnapshot(
        name,
        now.state(),
        outcomes.calls(),
        outcomes.failures(),
        outcomes.slowCalls(),
        rejected.sum(),
        opened.sum());
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
    CircuitRules now = rules;
    long nanos = now.nanos();
    if (open.remainingNanos(nanos, now) > 0) {
      return REJECTED;
    }
    var halfOpen = new HalfOpen(next(open), open.reopenings(), now.probes);
    long permit = halfOpen.lease(nanos);
    return enter(open, halfOpen) ? permit : AGAIN;
  }

  private long probe(HalfOpen halfOpen) {
    CircuitRules now = rules;
    long nanos = now.nanos();
    long permit = halfOpen.lease(nanos);
    if (permit < 0 && halfOpen.overdue(nanos, now)) {
      decide(halfOpen);
      return AGAIN;
    }
    return permit;
  }

  private void record(long permit, int outcome, long elapsedNanos) {
    CircuitRules now = rules;
    int told = elapsedNanos > now.slowNanos ? outcome | CircuitWindow.SLOW : outcome;
    CircuitPhase current = phase;
    if (current instanceof Passing passing && permit == passing.permit) {
      if (passing.window.add(told, now)) {
        open(passing);
      }
    } else {
      recordProbe(permit, told, current);
    }
  }

  private void recordProbe(long permit, int outcome, CircuitPhase current) {
    if (permit < 0) {
      throw new IllegalArgumentException("permit: the call was not permitted, was " + permit);
    }
    if (current instanceof HalfOpen halfOpen
        && belongs(permit, halfOpen)
        && halfOpen.finish(permit, outcome)) {
      decide(halfOpen);
    }
  }

  private static boolean belongs(long permit, CircuitPhase phase) {
    return Permit.generation(permit) == phase.generation();
  }

  private void decide(HalfOpen halfOpen) {
    if (halfOpen.failed(rules)) {
      enter(halfOpen, opened(halfOpen, halfOpen.reopenings + 1));
      return;
    }
    CircuitWindow window = CircuitWindow.of(rules.settings, ticker);
    enter(halfOpen, new Passing(next(halfOpen), CircuitState.CLOSED, window));
    fitWindow();
  }

  /** The phase may have got another window meanwhile, but the verdict stands. */
  private void open(Passing judged) {
    if (judged.state != CircuitState.CLOSED) {
      return;
    }
    CircuitPhase now = judged;
    do {
      if (enter(now, opened(judged, 0))) {
        return;
      }
      now = phase;
    } while (now.generation() == judged.generation);
  }

  private Open opened(CircuitPhase from, int reopenings) {
    return new Open(next(from), nanos(), reopenings, from.outcomes());
  }

  private static int next(CircuitPhase phase) {
    return phase.generation() + 1 & Permit.GENERATIONS;
  }

  private boolean enter(CircuitPhase from, CircuitPhase to) {
    if (!PHASE.compareAndSet(this, from, to)) {
      return false;
    }
    if (to instanceof Open) {
      opened.increment();
    }
    events.publish(new CircuitTransition(name, from.state(), to.state(), to.generation()));
    return true;
  }
}
