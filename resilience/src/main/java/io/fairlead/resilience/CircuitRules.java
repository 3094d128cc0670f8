package io.fairlead.resilience;

import java.time.Duration;
import java.util.Arrays;

/**
 * The settings of a circuit breaker in the form that its hot path reads: primitives, nanoseconds,
 * and a minimum that the window can reach. Immutable.
 */
final class CircuitRules {
  private static final int MAX_WAITS = 1_000;

  final CircuitBreakerSettings settings;
  final long slowNanos;
  private final Ticker ticker;
  private final boolean coarse;
  final long probeNanos;
  final int probes;
  private final long[] waits;
  private final double failureRate;
  private final double slowRate;
  private final int minimum;

  /** The clock is only as coarse as the durations in these settings allow. */
  CircuitRules(CircuitBreakerSettings settings, Ticker clock) {
    this.settings = settings;
    ticker = clock.atLeast(shortest(settings));
    coarse = ticker == Ticker.coarse();
    slowNanos = settings.slowCallDurationThreshold().toNanos();
    waits = waits(settings);
    probeNanos = settings.maxWaitDurationInHalfOpenState().toNanos();
    probes = settings.permittedNumberOfCallsInHalfOpen();
    failureRate = settings.failureRateThreshold();
    slowRate = settings.slowCallRateThreshold();
    minimum =
        switch (settings.slidingWindowType()) {
          case COUNT_BASED ->
              Math.min(settings.minimumNumberOfCalls(), settings.slidingWindowSize());
          case TIME_BASED -> settings.minimumNumberOfCalls();
        };
  }

  private static Duration shortest(CircuitBreakerSettings settings) {
    Duration slow = settings.slowCallDurationThreshold();
    Duration wait = settings.waitDurationInOpenState();
    Duration probe = settings.maxWaitDurationInHalfOpenState();
    Duration shorter = slow.compareTo(wait) < 0 ? slow : wait;
    return shorter.compareTo(probe) < 0 ? shorter : probe;
  }

  /** The waits in OPEN, each after one more round of failed probes; the last stays. */
  private static long[] waits(CircuitBreakerSettings settings) {
    double wait = settings.waitDurationInOpenState().toNanos();
    double multiplier = settings.waitDurationMultiplier();
    long most = Math.max((long) wait, settings.maxWaitDurationInOpenState().toNanos());
    var waits = new long[MAX_WAITS];
    int known = 0;
    do {
      waits[known++] = Math.min((long) wait, most);
      wait *= multiplier;
    } while (multiplier > 1 && known < MAX_WAITS && waits[known - 1] < most);
    return Arrays.copyOf(waits, known);
  }

  /** The time, straight from the coarse clock where that is the one. */
  long nanos() {
    return coarse ? CoarseClock.nanos() : ticker.nanos();
  }

  /** How long the breaker stays open when its probes have failed so often in a row. */
  long waitNanos(int reopenings) {
    return waits[Math.min(reopenings, waits.length - 1)];
  }

  /** Whether the window holds too few calls to be judged. */
  boolean tooFew(long calls) {
    return calls < minimum;
  }

  /** Whether a rate reaches its threshold; the number of calls does not matter here. */
  boolean exceeded(long calls, long failures, long slowCalls) {
    return failures * 100.0 >= failureRate * calls || slowCalls * 100.0 >= slowRate * calls;
  }
}
