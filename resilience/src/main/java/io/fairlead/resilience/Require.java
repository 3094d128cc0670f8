package io.fairlead.resilience;

import java.time.Duration;

/** The rules that settings share; each message names the field, the rule and the value. */
final class Require {
  /** No policy waits longer; keeps every duration far inside the nanosecond range of a long. */
  static final Duration LONGEST = Duration.ofDays(30);

  private Require() {}

  static void within(String field, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          field + ": must be " + min + " to " + max + ", was " + value);
    }
  }

  static void within(String field, double value, double min, double max) {
    if (!(value >= min && value <= max)) {
      throw new IllegalArgumentException(
          field + ": must be " + min + " to " + max + ", was " + value);
    }
  }

  /** Above zero, since a threshold of zero would hold for a service without any fault. */
  static void percent(String field, double value) {
    if (!(value > 0 && value <= 100)) {
      throw new IllegalArgumentException(
          field + ": must be above 0 and at most 100 (percent), was " + value);
    }
  }

  static void positive(String field, Duration value) {
    if (value.isNegative() || value.isZero() || value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          field + ": must be above 0 and at most " + LONGEST + ", was " + value);
    }
  }

  static void notNegative(String field, Duration value) {
    if (value.isNegative() || value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(field + ": must be 0 to " + LONGEST + ", was " + value);
    }
  }
}
