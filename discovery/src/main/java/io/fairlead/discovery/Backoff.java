package io.fairlead.discovery;

import java.time.Duration;

/**
 * Waits between attempts to reach the registry: doubling from {@code initial} to {@code max}, plus
 * a uniform share of up to half of it, so that clients that lost the registry together do not come
 * back together. Immutable.
 *
 * @param initial first wait, above 0
 * @param max longest wait before the share is added, not below {@code initial}
 */
public record Backoff(Duration initial, Duration max) {
  private static final int MAX_DOUBLINGS = 30;

  public Backoff {
    if (initial.isNegative() || initial.isZero()) {
      throw new IllegalArgumentException("initial: must be above 0, was " + initial);
    }
    if (max.compareTo(initial) < 0) {
      throw new IllegalArgumentException(
          "max: must not be below initial (" + initial + "), was " + max);
    }
  }

  /**
   * Wait after the given number of failures in a row.
   *
   * @param failures 1 after the first failure
   * @param share 0 to 1, drawn by the caller
   */
  Duration delay(int failures, double share) {
    int doublings = Math.min(Math.max(failures - 1, 0), MAX_DOUBLINGS);
    double millis = Math.min(initial.toMillis() * Math.pow(2, doublings), max.toMillis());
    return Duration.ofNanos((long) (millis * 1e6 * (1 + share / 2)));
  }
}
