package io.fairlead.config;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The form of memory sizes in the configuration language: {@code 4GB}, {@code 512MiB}. Units are
 * powers of 1000 (kB, MB, GB, TB; KB is kB) or of 1024 (KiB, MiB, GiB, TiB). Stateless.
 */
public final class SizeText {
  private static final Pattern FORM = Pattern.compile("(\\d{1,6})([kKMGT])(i?)B");
  private static final String POWERS = "KMGT";

  private SizeText() {}

  /**
   * Reads the form; the size in bytes.
   *
   * @throws IllegalArgumentException whose message is the rule that was broken
   */
  public static long parse(String text) {
    var match = FORM.matcher(text);
    if (!match.matches() || match.group().contains("kiB")) {
      throw new IllegalArgumentException(
          "must be a size with a unit (kB, MB, GB, TB, KiB, MiB, GiB or TiB)");
    }
    long bytes = Long.parseLong(match.group(1));
    long base = match.group(3).isEmpty() ? 1000 : 1024;
    int power = POWERS.indexOf(match.group(2).toUpperCase(Locale.ROOT));
    for (int i = 0; i <= power; i++) {
      bytes *= base;
    }
    return bytes;
  }
}
