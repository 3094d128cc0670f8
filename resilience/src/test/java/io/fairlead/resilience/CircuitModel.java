package io.fairlead.resilience;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A circuit breaker that is slow and obvious, for one thread: every outcome is kept with its time,
 * and everything is counted anew whenever it is asked for.
 */
final class CircuitModel {
  record Call(long atNanos, boolean failed, boolean slow) {}

  /** A call that was let through; a permit is this object, not a number. */
  static final class Permit {
    final int generation;
    boolean told;

    Permit(int generation) {
      this.generation = generation;
    }
  }

  CircuitBreakerSettings settings;
  CircuitState state = CircuitState.CLOSED;
  long rejected;
  long opened;
  private int generation;
  private long windowStart;
  private List<Call> window = new ArrayList<>();
  private long openedAt;
  private List<Call> opening = List.of();
  private int reopenings;
  private int probes;
  private int probesUnderWay;
  private long newestProbeAt;
  private final List<Call> probed = new ArrayList<>();

  CircuitModel(CircuitBreakerSettings settings, long now) {
    this.settings = settings;
    windowStart = now;
  }

  /** A permit, or null for a rejected call. */
  @Nullable Permit tryAcquire(long now) {
    if (state == CircuitState.OPEN && now - openedAt >= waitNanos()) {
      enter(CircuitState.HALF_OPEN);
      probes = settings.permittedNumberOfCallsInHalfOpen();
      probesUnderWay = 0;
      probed.clear();
    }
    if (state == CircuitState.HALF_OPEN && probesUnderWay + probed.size() == probes) {
      if (now - newestProbeAt > settings.maxWaitDurationInHalfOpenState().toNanos()) {
        List<Call> counted = new ArrayList<>(probed);
        for (int i = 0; i < probesUnderWay; i++) {
          counted.add(new Call(now, true, true));
        }
        decide(counted, now);
      }
    }
    boolean permitted =
        switch (state) {
          case CLOSED, METRICS_ONLY, DISABLED -> true;
          case OPEN, FORCED_OPEN -> false;
          case HALF_OPEN -> probesUnderWay + probed.size() < probes;
        };
    if (!permitted) {
      rejected++;
      return null;
    }
    if (state == CircuitState.HALF_OPEN) {
      probesUnderWay++;
      newestProbeAt = now;
    }
    return new Permit(generation);
  }

  void outcome(Permit permit, boolean failed, long elapsedNanos, long now) {
    boolean slow = elapsedNanos > settings.slowCallDurationThreshold().toNanos();
    if (permit.generation != generation) {
      return;
    }
    var call = new Call(now, failed, slow);
    if (state == CircuitState.CLOSED) {
      window.add(call);
      List<Call> held = held(now);
      if (held.size() >= minimum() && exceeded(held)) {
        reopenings = 0;
        open(held, now);
      }
    } else if (state == CircuitState.METRICS_ONLY) {
      window.add(call);
    } else if (state == CircuitState.HALF_OPEN && !permit.told) {
      permit.told = true;
      probesUnderWay--;
      probed.add(call);
      if (probed.size() == probes) {
        decide(probed, now);
      }
    }
  }

  void ignore(Permit permit) {
    if (permit.generation == generation && state == CircuitState.HALF_OPEN && !permit.told) {
      permit.told = true;
      probesUnderWay--;
    }
  }

  void reconfigure(CircuitBreakerSettings other, long now) {
    boolean count = other.slidingWindowType() == SlidingWindowType.COUNT_BASED;
    boolean sameType = other.slidingWindowType() == settings.slidingWindowType();
    boolean sameSize = other.slidingWindowSize() == settings.slidingWindowSize();
    if (state == CircuitState.CLOSED || state == CircuitState.METRICS_ONLY) {
      window = new ArrayList<>(held(now));
      if (!sameType || !count && !sameSize) {
        window.clear();
        windowStart = now;
      }
    }
    settings = other;
  }

  /** What a snapshot has to show. */
  List<Call> visible(long now) {
    return switch (state) {
      case CLOSED, METRICS_ONLY -> held(now);
      case OPEN, FORCED_OPEN -> opening;
      case DISABLED -> List.of();
      case HALF_OPEN -> probed;
    };
  }

  void transitionTo(CircuitState next, long now) {
    List<Call> before = List.copyOf(visible(now));
    switch (next) {
      case OPEN -> {
        reopenings = 0;
        open(before, now);
      }
      case FORCED_OPEN -> {
        opening = before;
        enter(next);
      }
      case HALF_OPEN -> {
        reopenings = 0;
        enter(next);
        probes = settings.permittedNumberOfCallsInHalfOpen();
        probesUnderWay = 0;
        probed.clear();
      }
      case CLOSED, METRICS_ONLY, DISABLED -> {
        enter(next);
        window = new ArrayList<>();
        windowStart = now;
      }
    }
  }

  private long waitNanos() {
    double wait = settings.waitDurationInOpenState().toNanos();
    double most = Math.max(wait, settings.maxWaitDurationInOpenState().toNanos());
    for (int i = 0; i < reopenings; i++) {
      wait *= settings.waitDurationMultiplier();
    }
    return (long) Math.min(wait, most);
  }

  private int minimum() {
    int minimum = settings.minimumNumberOfCalls();
    return switch (settings.slidingWindowType()) {
      case COUNT_BASED -> Math.min(minimum, settings.slidingWindowSize());
      case TIME_BASED -> minimum;
    };
  }

  private List<Call> held(long now) {
    int size = settings.slidingWindowSize();
    if (settings.slidingWindowType() == SlidingWindowType.COUNT_BASED) {
      return window.subList(Math.max(0, window.size() - size), window.size());
    }
    int slices = size < 10 ? 10 : size > 100 ? 100 : size;
    long slice = size * 1_000_000_000L / slices;
    long present = (now - windowStart) / slice;
    return window.stream()
        .filter(call -> (call.atNanos - windowStart) / slice > present - slices)
        .toList();
  }

  private boolean exceeded(List<Call> calls) {
    double failures = calls.stream().filter(Call::failed).count();
    double slow = calls.stream().filter(Call::slow).count();
    return failures * 100 >= settings.failureRateThreshold() * calls.size()
        || slow * 100 >= settings.slowCallRateThreshold() * calls.size();
  }

  private void decide(List<Call> counted, long now) {
    if (exceeded(counted)) {
      reopenings++;
      open(List.copyOf(probed), now);
    } else {
      enter(CircuitState.CLOSED);
      window = new ArrayList<>();
      windowStart = now;
    }
  }

  private void open(List<Call> because, long now) {
    enter(CircuitState.OPEN);
    opened++;
    openedAt = now;
    opening = List.copyOf(because);
  }

  private void enter(CircuitState next) {
    generation++;
    state = next;
  }
}
