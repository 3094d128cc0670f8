package io.fairlead.config;

import java.time.Duration;
import java.util.regex.Pattern;

/**
 * The duration form of the configuration language: {@code 2s}, {@code 100ms}, {@code 1h30m}.
 * Stateless.
 */
public final class DurationText {
  private static final Pattern FORM =
      Pattern.compile("(?:(\\d{1,5})h)?(?:(\\d{1,7})m)?(?:(\\d{1,9})s)?(?:(\\d{1,9})ms)?");

  private DurationText() {}

  /**
   * Reads the form.
   *
   * @throws IllegalArgumentException whose message is the rule that was broken
   */
  public static Duration parse(String text) {
    var match = FORM.matcher(text);
    if (text.isEmpty() || !match.matches()) {
      throw new IllegalArgumentException("must be a duration with a unit (ms, s, m or h)");
    }
    return Duration.ofHours(number(match.group(1)))
        .plusMinutes(number(match.group(2)))
        .plusSeconds(number(match.group(3)))
        .plusMillis(number(match.group(4)));
  }

  private static long number(@org.jspecify.annotations.Nullable String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }
}
