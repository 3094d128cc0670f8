package io.fairlead.traffic;

import java.time.Duration;

/**
 * How an endpoint that becomes usable gets its share of requests: its weight grows from {@code
 * minWeightPercent} to the whole over the window, with the power {@code 1 / aggression} of the
 * time. Immutable.
 *
 * @param window 1 ms to 24 h
 * @param aggression above 0 and at most 100; 1 grows evenly, more grows faster at first
 * @param minWeightPercent of the weight at first, 0 to 100
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/slow_start">
 *     Envoy, slow start mode</a>
 */
public record SlowStart(Duration window, double aggression, double minWeightPercent) {
  public SlowStart {
    if (window.compareTo(Duration.ofMillis(1)) < 0 || window.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException("window: must be 1 ms to 24 h, was " + window);
    }
    if (!(aggression > 0 && aggression <= 100)) {
      throw new IllegalArgumentException(
          "aggression: must be above 0 and at most 100, was " + aggression);
    }
    if (!(minWeightPercent >= 0 && minWeightPercent <= 100)) {
      throw new IllegalArgumentException(
          "minWeightPercent: must be 0 to 100, was " + minWeightPercent);
    }
  }

  /** Grows evenly from a tenth. */
  public static SlowStart over(Duration window) {
    return new SlowStart(window, 1, 10);
  }
}
