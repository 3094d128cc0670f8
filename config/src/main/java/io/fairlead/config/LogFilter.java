package io.fairlead.config;

import java.time.Duration;
import java.util.Optional;

/**
 * Which requests and connections an access log has. What one of the conditions picks is logged
 * always; of the rest a share. Immutable.
 *
 * @param statusFrom picks answers of this status and above
 * @param errors whether what failed is picked: no answer, 500 and above, or any response flag
 * @param slowerThan picks what took longer
 * @param percent share of the rest, 0 to 100
 */
public record LogFilter(
    Optional<Integer> statusFrom, Errors errors, Optional<Duration> slowerThan, double percent) {
  /** Everything. */
  public static final LogFilter ALL =
      new LogFilter(Optional.empty(), Errors.AS_THE_REST, Optional.empty(), 100);

  /** What is done with what failed. */
  public enum Errors {
    AS_THE_REST,
    ALWAYS
  }

  public LogFilter {
    statusFrom.ifPresent(
        status -> {
          if (status < 100 || status > 599) {
            throw new IllegalArgumentException("statusFrom: must be 100 to 599, was " + status);
          }
        });
    if (slowerThan.isPresent() && slowerThan.get().isNegative()) {
      throw new IllegalArgumentException(
          "slowerThan: must not be negative, was " + slowerThan.get());
    }
    if (!(percent >= 0 && percent <= 100)) {
      throw new IllegalArgumentException("percent: must be 0 to 100, was " + percent);
    }
  }

  /** Whether everything is logged. */
  public boolean isAll() {
    return percent == 100;
  }
}
