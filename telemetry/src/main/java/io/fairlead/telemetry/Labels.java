package io.fairlead.telemetry;

import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * The labels of a sample, escaped once when they are made. Immutable, equal by value. Every
 * distinct set is a time series for good: values must come from a small set, never from a request.
 */
public final class Labels {
  /** No labels. */
  public static final Labels NONE = new Labels("");

  private static final Pattern NAME = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  /** {@code a="1",b="2"} without braces. */
  private final String text;

  private Labels(String text) {
    this.text = text;
  }

  /** Names and values in turn. */
  public static Labels of(String... namesAndValues) {
    if (namesAndValues.length % 2 != 0) {
      throw new IllegalArgumentException(
          "labels: must be names and values in turn, were " + Arrays.toString(namesAndValues));
    }
    Labels labels = NONE;
    for (int i = 0; i < namesAndValues.length; i += 2) {
      labels = labels.and(namesAndValues[i], namesAndValues[i + 1]);
    }
    return labels;
  }

  /** These labels and one more. */
  public Labels and(String name, String value) {
    if (!NAME.matcher(name).matches() || name.startsWith("__")) {
      throw new IllegalArgumentException(
          "label name: must match " + NAME + " and not begin with __, was " + name);
    }
    String one = name + "=\"" + escaped(value) + '"';
    return new Labels(text.isEmpty() ? one : text + ',' + one);
  }

  private static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  /** As the exposition format has them between its braces. */
  @Override
  public String toString() {
    return text;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Labels labels && labels.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }
}
