package io.fairlead.traces;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Durations as people write and read them. */
final class DurationText {
  private static final Pattern FORM = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)(us|ms|s|m|h|d)");
  private static final double NANOS_PER_MICRO = 1e3;
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double NANOS_PER_SECOND = 1e9;

  private DurationText() {}

  /** Reads a number with a unit, such as {@code 500ms}, {@code 1.5s} or {@code 10m}. */
  static Optional<Duration> parse(String text) {
    var match = FORM.matcher(text);
    if (!match.matches()) {
      return Optional.empty();
    }
    double unitNanos =
        switch (match.group(2)) {
          case "us" -> NANOS_PER_MICRO;
          case "ms" -> NANOS_PER_MILLI;
          case "s" -> NANOS_PER_SECOND;
          case "m" -> 60 * NANOS_PER_SECOND;
          case "h" -> 3_600 * NANOS_PER_SECOND;
          default -> 86_400 * NANOS_PER_SECOND;
        };
    double nanos = Double.parseDouble(match.group(1)) * unitNanos;
    return nanos > TraceQuery.ANY_DURATION.toNanos()
        ? Optional.of(TraceQuery.ANY_DURATION)
        : Optional.of(Duration.ofNanos(Math.round(nanos)));
  }

  /** At most three digits that count, and the unit: {@code 1.52 s}, {@code 12.3 ms}. */
  static String of(long nanos) {
    if (nanos < NANOS_PER_MICRO) {
      return nanos + " ns";
    }
    if (nanos < 999.5 * NANOS_PER_MICRO) {
      return number(nanos / NANOS_PER_MICRO) + " us";
    }
    if (nanos < 999.5 * NANOS_PER_MILLI) {
      return number(nanos / NANOS_PER_MILLI) + " ms";
    }
    if (nanos < 120 * NANOS_PER_SECOND) {
      return number(nanos / NANOS_PER_SECOND) + " s";
    }
    long seconds = Math.round(nanos / NANOS_PER_SECOND);
    return seconds < 7_200
        ? "%d m %02d s".formatted(seconds / 60, seconds % 60)
        : "%d h %02d m".formatted(seconds / 3_600, seconds / 60 % 60);
  }

  static String of(Duration duration) {
    return of(duration.toNanos());
  }

  private static String number(double value) {
    String pattern = value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f";
    return String.format(Locale.ROOT, pattern, value);
  }
}
