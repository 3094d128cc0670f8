package io.fairlead.discovery;

/**
 * One thing wrong with what a caller said: which field, which value, which rule. Immutable.
 *
 * @param field path of the field, such as {@code labels.zone}
 * @param value the refused value as text, cut to {@value #MAX_VALUE} characters
 * @param rule what the value must be, such as {@code must be 1 to 65535}
 */
public record Fault(String field, String value, String rule) {
  /** Longest value that is repeated to the caller, in characters. */
  public static final int MAX_VALUE = 160;

  public Fault {
    if (value.length() > MAX_VALUE) {
      value = value.substring(0, MAX_VALUE - 3) + "...";
    }
  }

  /** The fault in one sentence. */
  public String message() {
    return field + ": " + rule + ", was " + (value.isEmpty() ? "empty" : "'" + value + "'");
  }
}
