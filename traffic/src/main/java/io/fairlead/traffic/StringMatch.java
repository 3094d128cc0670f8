package io.fairlead.traffic;

import io.fairlead.config.RegexText;

/**
 * A condition on one string. Immutable; matching is case sensitive.
 *
 * @see <a href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/type/matcher/v3/string.proto">
 *     envoy.type.matcher.v3.StringMatcher</a>
 */
public sealed interface StringMatch {
  /** Equal to {@code value}. */
  record Exact(String value) implements StringMatch {}

  /** Begins with {@code value}, which is not empty. */
  record Prefix(String value) implements StringMatch {
    public Prefix {
      requireValue(value);
    }
  }

  /** Ends with {@code value}, which is not empty. */
  record Suffix(String value) implements StringMatch {
    public Suffix {
      requireValue(value);
    }
  }

  /** Has {@code value} somewhere in it, which is not empty. */
  record Contains(String value) implements StringMatch {
    public Contains {
      requireValue(value);
    }
  }

  /** Is matched whole by this expression in the syntax of RE2. */
  record Regex(String value) implements StringMatch {
    public Regex {
      RegexText.parse(value);
    }
  }

  /** Any value, as long as there is one. */
  record Present() implements StringMatch {}

  /** Whether {@code candidate} fulfils the condition; a regular expression is compiled for it. */
  default boolean matches(String candidate) {
    return switch (this) {
      case Exact(var value) -> candidate.equals(value);
      case Prefix(var value) -> candidate.startsWith(value);
      case Suffix(var value) -> candidate.endsWith(value);
      case Contains(var value) -> candidate.contains(value);
      case Regex(var value) -> RegexText.parse(value).matches(candidate);
      case Present() -> !candidate.isEmpty();
    };
  }

  /** The whole match of an expression, in the one form that {@code .+} has. */
  static StringMatch regex(String expression) {
    return expression.equals(".+") ? new Present() : new Regex(expression);
  }

  /**
   * Reads Istio's pattern form: {@code *} alone, {@code abc*}, {@code *abc}, or a literal.
   *
   * @param pattern not empty
   */
  static StringMatch pattern(String pattern) {
    requireValue(pattern);
    if (pattern.equals("*")) {
      return new Present();
    }
    if (pattern.endsWith("*")) {
      return new Prefix(pattern.substring(0, pattern.length() - 1));
    }
    return pattern.startsWith("*") ? new Suffix(pattern.substring(1)) : new Exact(pattern);
  }

  private static void requireValue(String value) {
    if (value.isEmpty()) {
      throw new IllegalArgumentException("value: must not be empty");
    }
  }
}
