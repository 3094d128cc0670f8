package io.fairlead.proxy.upstream;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.Failure;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.upstream.EndpointState.Window;
import io.fairlead.proxy.upstream.OutlierStats.Detector;
import io.fairlead.traffic.OutlierDetection;
import io.fairlead.traffic.OutlierDetection.Consecutive;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Ejects endpoints of one cluster by the outcomes of their attempts, as Envoy's outlier detection
 * does. Loops tell it of outcomes; failures in a row eject at once, everything else is decided at
 * each interval by one loop.
 *
 * <p>A success costs a loop two reads and, where rates are compared, a count in its own memory. All
 * decisions are made under the cluster's lock; they are rare.
 */
final class OutlierDetector {
  private final Object lock;
  private final Loop home;
  private final Runnable publish;
  private final long[] ejections = new long[Detector.values().length];
  private volatile @Nullable Active active;
  private List<EndpointState> states = List.of();
  private long overflow;
  private Loop.@Nullable Timer timer;

  /** Settings in force, with what is asked for every outcome. */
  private record Active(OutlierDetection settings, boolean comparesRates) {
    static Active of(OutlierDetection settings) {
      boolean rates =
          settings.successRate().enforcingPercent() > 0
              || settings.failurePercentage().enforcingPercent() > 0;
      return new Active(settings, rates);
    }
  }

  /**
   * @param lock of the cluster
   * @param home the loop that looks at each interval
   * @param publish puts changes in force; called under the lock
   */
  OutlierDetector(Object lock, Loop home, Runnable publish) {
    this.lock = lock;
    this.home = home;
    this.publish = publish;
  }

  /** Detects by these settings among these endpoints; under the lock. Null ends all ejections. */
  void configure(@Nullable OutlierDetection settings, List<EndpointState> present, long nowNanos) {
    states = present;
    active = settings == null ? null : Active.of(settings);
    if (settings == null) {
      present.forEach(state -> state.pardon(nowNanos));
    }
    home.execute(this::arm);
  }

  private void arm() {
    Active present = active;
    if (present == null) {
      stop();
    } else if (timer == null) {
      timer = home.schedule(this::tick, present.settings.ejection().interval().toNanos());
    }
  }

  private void tick() {
    timer = null;
    sweep(home.nanos());
    arm();
  }

  /** Looks no more; from any thread. */
  void close() {
    active = null;
    home.execute(this::stop);
  }

  private void stop() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  // Outcomes, on any loop

  /** An attempt at the endpoint is over. */
  void over(EndpointState state, Attempt attempt) {
    Active present = active;
    int status = status(attempt);
    if (present != null && status > 0) {
      outcome(present, state, attempt.loop(), status);
    }
  }

  /** The status that the attempt counts as; 0 if it says nothing about the endpoint. */
  private static int status(Attempt attempt) {
    Failure why = attempt.failure();
    if (why == null) {
      return attempt.outcome();
    }
    return switch (why) {
      case CONNECT, TLS, RESET, PROTOCOL -> 503;
      case TIMEOUT, TRY_TIMEOUT ->
          attempt.status() == 0 && attempt.wasConnected() ? 504 : attempt.status();
      case NO_ENDPOINT, POOL_FULL, CANCELLED -> attempt.status();
    };
  }

  /** As {@link #over}, for the status that the attempt counts as. */
  void outcome(EndpointState state, Loop loop, int status) {
    Active present = active;
    if (present != null) {
      outcome(present, state, loop, status);
    }
  }

  private void outcome(Active present, EndpointState state, Loop loop, int status) {
    boolean failure = status >= 500;
    if (present.comparesRates) {
      state.count(loop.index(), failure);
    }
    OutlierDetection settings = present.settings;
    if (!failure) {
      reset(state.serverErrors);
      reset(state.gatewayErrors);
      return;
    }
    if (status >= 502 && status <= 504) {
      Consecutive gateway = settings.consecutiveGatewayFailure();
      if (reaches(state.gatewayErrors, gateway)) {
        eject(state, Detector.CONSECUTIVE_GATEWAY_FAILURE, gateway.enforcingPercent(), loop);
      }
    } else {
      reset(state.gatewayErrors);
    }
    if (reaches(state.serverErrors, settings.consecutive5xx())) {
      int enforcing = settings.consecutive5xx().enforcingPercent();
      eject(state, Detector.CONSECUTIVE_5XX, enforcing, loop);
    }
  }

  /** Reading costs less than writing what other loops read. */
  private static void reset(AtomicInteger count) {
    if (count.get() != 0) {
      count.set(0);
    }
  }

  /** Counts a failure; whether it is the last that was missing, which begins a new row. */
  private static boolean reaches(AtomicInteger count, Consecutive limit) {
    int now = count.incrementAndGet();
    return now >= limit.threshold() && count.compareAndSet(now, 0);
  }

  private void eject(EndpointState state, Detector why, int enforcingPercent, Loop loop) {
    synchronized (lock) {
      if (eject(state, why, enforcingPercent, loop.nanos())) {
        publish.run();
      }
    }
  }

  // Decisions, under the lock

  private boolean eject(EndpointState state, Detector why, int enforcingPercent, long nowNanos) {
    Active present = active;
    boolean enforced = ThreadLocalRandom.current().nextInt(100) < enforcingPercent;
    if (present == null || !enforced || state.isEjected() || !states.contains(state)) {
      return false;
    }
    int out = ejected();
    boolean within = 100.0 * (out + 1) / states.size() <= present.settings.ejection().maxPercent();
    if (out > 0 && !within) {
      overflow++;
      return false;
    }
    state.eject(nowNanos);
    ejections[why.ordinal()]++;
    return true;
  }

  private int ejected() {
    return (int) states.stream().filter(EndpointState::isEjected).count();
  }

  /** Lets endpoints come back whose time is over, and compares what the others did. */
  void sweep(long nowNanos) {
    synchronized (lock) {
      Active present = active;
      if (present == null) {
        return;
      }
      boolean changed = false;
      for (EndpointState state : states) {
        changed |= comeBack(present.settings.ejection(), state, nowNanos);
      }
      if (present.comparesRates) {
        changed |= compare(present.settings, nowNanos);
      }
      if (changed) {
        publish.run();
      }
    }
  }

  private static boolean comeBack(
      OutlierDetection.Ejection ejection, EndpointState state, long nowNanos) {
    if (!state.isEjected()) {
      state.forgive();
      return false;
    }
    long base = ejection.baseTime().toNanos();
    return state.comeBack(nowNanos, base, Math.max(base, ejection.maxTime().toNanos()));
  }

  private boolean compare(OutlierDetection settings, long nowNanos) {
    List<Window> windows = states.stream().map(EndpointState::look).toList();
    boolean changed = false;
    var rate = settings.successRate();
    List<Window> enough = enough(windows, rate.requestVolume(), nowNanos);
    if (enough.size() >= Math.max(1, rate.minimumHosts())) {
      double mean = mean(enough, Window::successPercent);
      double variance = mean(enough, w -> Math.pow(w.successPercent() - mean, 2));
      double bound = mean - Math.sqrt(variance) * rate.stdevFactor() / 1000;
      for (Window window : enough) {
        changed |=
            window.successPercent() < bound
                && eject(window.state(), Detector.SUCCESS_RATE, rate.enforcingPercent(), nowNanos);
      }
    }
    var percentage = settings.failurePercentage();
    enough = enough(windows, percentage.requestVolume(), nowNanos);
    if (enough.size() >= Math.max(1, percentage.minimumHosts())) {
      int enforcing = percentage.enforcingPercent();
      for (Window window : enough) {
        changed |=
            100 - window.successPercent() >= percentage.threshold()
                && eject(window.state(), Detector.FAILURE_PERCENTAGE, enforcing, nowNanos);
      }
    }
    return changed;
  }

  /** What came of requests while an endpoint was out is not held against it now that it is back. */
  private static List<Window> enough(List<Window> windows, int volume, long nowNanos) {
    return windows.stream()
        .filter(window -> window.requests() >= volume && !window.state().isEjected())
        .filter(window -> window.state().usableSinceNanos() - nowNanos < 0)
        .toList();
  }

  private static double mean(List<Window> windows, ToDoubleFunction<Window> value) {
    return windows.stream().mapToDouble(value).average().orElse(0);
  }

  OutlierStats stats() {
    synchronized (lock) {
      Map<Detector, Long> totals = new EnumMap<>(Detector.class);
      for (Detector detector : Detector.values()) {
        totals.put(detector, ejections[detector.ordinal()]);
      }
      return new OutlierStats(ejected(), totals, overflow);
    }
  }
}
