package io.fairlead.resilience;

import java.util.Locale;
import java.util.Optional;

/**
 * How much it matters that a call is served, from the most to the least. The names are the
 * criticalities of Google's "Site Reliability Engineering", chapter 21, "Handling Overload".
 */
public enum Priority {
  /** Its failure is a serious, visible harm. */
  CRITICAL_PLUS,
  /** The default of calls that a person or a service waits for. */
  CRITICAL,
  /** May be unavailable for a while; batch work that tries again later. */
  SHEDDABLE_PLUS,
  /** May often be unavailable in part, and now and then wholly. */
  SHEDDABLE;

  private final String text = name().toLowerCase(Locale.ROOT).replace('_', '-');

  /** The name in configuration and on the wire, such as {@code critical-plus}. */
  public String text() {
    return text;
  }

  /** The priority of that name, in whatever case; empty if there is none. */
  public static Optional<Priority> of(String text) {
    for (Priority priority : values()) {
      if (priority.text.equalsIgnoreCase(text)) {
        return Optional.of(priority);
      }
    }
    return Optional.empty();
  }
}
