package io.fairlead.proxy.filter;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Field lines that services have the proxy add; what they say is not believed. Stateless. */
final class FieldLines {
  private static final Set<String> FRAMING =
      Set.of(
          "content-length",
          "transfer-encoding",
          "connection",
          "keep-alive",
          "proxy-connection",
          "upgrade",
          "te",
          "trailer",
          "expect");

  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9a-z-]{1,256}");

  private FieldLines() {}

  /**
   * A line without CR LF, its name in lower case; null if it is none, or no service's business in a
   * request: what frames the message, and where it goes.
   */
  static @Nullable String forRequest(String name, String value) {
    String lower = name.toLowerCase(Locale.ROOT);
    return FRAMING.contains(lower) || lower.equals("host") ? null : line(lower, value);
  }

  /** The same for an answer. */
  static @Nullable String forAnswer(String name, String value) {
    String lower = name.toLowerCase(Locale.ROOT);
    return mayAnswer(lower) && !lower.equals("content-type") ? line(lower, value) : null;
  }

  /** Whether a field of this lower-case name may come from a service to the client. */
  static boolean mayAnswer(String name) {
    return !FRAMING.contains(name) && !name.equals("date");
  }

  private static @Nullable String line(String lower, String value) {
    boolean plain = value.chars().allMatch(c -> c == '\t' || c >= ' ' && c != 127 && c < 256);
    return plain && TOKEN.matcher(lower).matches() ? lower + ": " + value.strip() : null;
  }
}
