package io.fairlead.benchmarks.resilience;

import java.time.Duration;

/** Settings that all libraries get alike. */
final class Shared {
  static final int FAILURE_PERCENT = 50;
  static final int WINDOW_CALLS = 100;
  static final int WINDOW_SECONDS = 10;
  static final int MINIMUM_CALLS = 10;
  static final int PROBES = 3;
  static final int SLOW_PERCENT = 100;
  static final Duration SLOW = Duration.ofSeconds(2);
  static final Duration OPEN = Duration.ofSeconds(10);
  static final Duration TIMEOUT = Duration.ofSeconds(1);
  static final int MAX_CONCURRENT_CALLS = 25;
  static final int RATE_LIMIT = 1_000_000_000;
  static final int KEYS = 100_000;

  /** One call of these fails where some do: 5 %. */
  static final int CALLS_PER_FAILURE = 20;

  private Shared() {}

  static String key(int number) {
    return "tenant-" + number;
  }
}
