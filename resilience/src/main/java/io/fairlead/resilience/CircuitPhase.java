package io.fairlead.resilience;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * What a circuit breaker is in and all that belongs to it; a transition replaces it as a whole with
 * one compare-and-set. Every phase has a generation of its own, which each permit carries, so that
 * an outcome can only ever reach the phase that let its call through.
 */
sealed interface CircuitPhase {
  int generation();

  CircuitState state();

  Outcomes outcomes();

  /** All calls pass. A changed window shape gives a new phase of the same generation. */
  final class Passing implements CircuitPhase {
    final int generation;
    final CircuitState state;
    final CircuitWindow window;
    final long permit;

    /**
     * @param state CLOSED, or METRICS_ONLY or DISABLED, which no outcome leaves
     */
    Passing(int generation, CircuitState state, CircuitWindow window) {
      this.generation = generation;
      this.state = state;
      this.window = window;
      permit = Permit.of(generation);
    }

    @Override
    public int generation() {
      return generation;
    }

    @Override
    public CircuitState state() {
      return state;
    }

    @Override
    public Outcomes outcomes() {
      return window.outcomes();
    }
  }

  /**
   * No call passes until the wait is over.
   *
   * @param sinceNanos when it opened, by the ticker
   * @param reopenings how often its probes have failed since it was closed
   * @param outcomes what opened it
   */
  record Open(int generation, long sinceNanos, int reopenings, Outcomes outcomes)
      implements CircuitPhase {
    long remainingNanos(long now, CircuitRules rules) {
      return rules.waitNanos(reopenings) - (now - sinceNanos);
    }

    @Override
    public CircuitState state() {
      return CircuitState.OPEN;
    }
  }

  /** No call passes, however long it waits. */
  record ForcedOpen(int generation, Outcomes outcomes) implements CircuitPhase {
    @Override
    public CircuitState state() {
      return CircuitState.FORCED_OPEN;
    }
  }

  /**
   * The probes pass. A probe is a slot that is free, leased or done; a slot counts its leases, and
   * the permit names slot and lease, so that an outcome told twice, or told after the probe was
   * given back, meets a slot that has moved on.
   */
  final class HalfOpen implements CircuitPhase {
    private static final int FREE = 0;
    private static final int LEASED = 1;
    private static final int DONE = 2;
    private static final int STATUS = 3;
    private static final int NEXT_LEASE = 4;
    private static final int LEASES = 0xffff;

    final int reopenings;
    private final int generation;
    private final AtomicIntegerArray slots;

    /** Free slots that no thread has claimed yet; claiming comes before searching. */
    private final AtomicInteger available;

    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger slowCalls = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private volatile long leasedNanos;

    HalfOpen(int generation, int reopenings, int probes) {
      this.generation = generation;
      this.reopenings = reopenings;
      slots = new AtomicIntegerArray(probes);
      available = new AtomicInteger(probes);
    }

    /** A permit for a probe, or {@link Permit#REJECTED}. */
    long lease(long now) {
      if (!claim(now)) {
        return Permit.REJECTED;
      }
      for (int slot = 0; ; slot = slot + 1 == slots.length() ? 0 : slot + 1) {
        int value = slots.get(slot);
        if ((value & STATUS) == FREE && slots.compareAndSet(slot, value, value | LEASED)) {
          return Permit.of(generation, slot, value >>> 2 & LEASES);
        }
      }
    }

    private boolean claim(long now) {
      while (true) {
        int free = available.get();
        if (free == 0) {
          return false;
        }
        // Before the claim, or the one who sees none free could take a new probe for an overdue
        // one.
        leasedNanos = now;
        if (available.compareAndSet(free, free - 1)) {
          return true;
        }
      }
    }

    /** Takes an outcome and tells whether it was the last one that was missing. */
    boolean finish(long permit, int outcome) {
      if (!leave(permit, DONE - LEASED)) {
        return false;
      }
      if ((outcome & CircuitWindow.FAILED) != 0) {
        failures.incrementAndGet();
      }
      if ((outcome & CircuitWindow.SLOW) != 0) {
        slowCalls.incrementAndGet();
      }
      return done.incrementAndGet() == slots.length();
    }

    /** Gives the probe back to the next caller. */
    void giveBack(long permit) {
      if (leave(permit, NEXT_LEASE - LEASED)) {
        available.incrementAndGet();
      }
    }

    private boolean leave(long permit, int change) {
      int slot = Permit.slot(permit);
      if (slot < 0 || slot >= slots.length()) {
        return false;
      }
      int value = slots.get(slot);
      return (value & STATUS) == LEASED
          && (value >>> 2 & LEASES) == Permit.lease(permit)
          && slots.compareAndSet(slot, value, value + change);
    }

    /** Whether every probe was leased and the last of them longer ago than a probe may take. */
    boolean overdue(long now, CircuitRules rules) {
      return available.get() == 0 && now - leasedNanos > rules.probeNanos;
    }

    /** Whether to open again; a probe without an outcome counts as failed and slow. */
    boolean failed(CircuitRules rules) {
      int missing = slots.length() - done.get();
      return rules.exceeded(slots.length(), failures.get() + missing, slowCalls.get() + missing);
    }

    @Override
    public int generation() {
      return generation;
    }

    @Override
    public CircuitState state() {
      return CircuitState.HALF_OPEN;
    }

    @Override
    public Outcomes outcomes() {
      int failed = failures.get();
      int slow = slowCalls.get();
      return new Outcomes(done.get(), failed, slow);
    }
  }
}
