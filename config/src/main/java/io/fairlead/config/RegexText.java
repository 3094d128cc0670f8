package io.fairlead.config;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayDeque;

/**
 * The regular expressions of the configuration language, in the syntax of RE2. Stateless.
 *
 * <p>A match takes time linear in the text whatever the expression is. What is left to bound is the
 * size of the expression itself: its text, and the steps that it is compiled to, which are the
 * factor of that time. Repetitions in each other multiply those steps while they are made, so they
 * are bounded before.
 */
public final class RegexText {
  /** Characters of an expression. */
  public static final int MAX_LENGTH = 1_024;

  /** Steps that an expression is compiled to. */
  public static final int MAX_STEPS = 1_000;

  private RegexText() {}

  /**
   * Compiles an expression.
   *
   * @throws IllegalArgumentException whose message is the rule that was broken
   */
  public static Pattern parse(String text) {
    if (text.isEmpty() || text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "must be a regular expression of 1 to " + MAX_LENGTH + " characters");
    }
    if (repetitions(text) > MAX_STEPS) {
      throw tooLarge();
    }
    Pattern pattern;
    try {
      pattern = Pattern.compile(text);
    } catch (PatternSyntaxException broken) {
      throw new IllegalArgumentException(
          "must be a regular expression in the syntax of RE2: " + broken.getDescription(), broken);
    }
    if (pattern.programSize() > MAX_STEPS) {
      throw tooLarge();
    }
    return pattern;
  }

  private static IllegalArgumentException tooLarge() {
    return new IllegalArgumentException(
        "must be a regular expression of at most " + MAX_STEPS + " steps");
  }

  /** The most often that a part is copied: counts of groups in groups multiply. */
  private static long repetitions(String text) {
    var outer = new ArrayDeque<Long>();
    long most = 1;
    long operand = 1;
    for (int i = 0; i < text.length() && most <= MAX_STEPS; i++) {
      switch (text.charAt(i)) {
        case '\\' -> {
          i = endOfEscape(text, i);
          operand = 1;
        }
        case '[' -> {
          i = endOfClass(text, i);
          operand = 1;
        }
        case '(' -> {
          outer.push(most);
          most = 1;
        }
        case ')' -> {
          operand = most;
          most = Math.max(most, outer.isEmpty() ? 1 : outer.pop());
        }
        case '{' -> {
          operand *= count(text, i + 1);
          most = Math.max(most, operand);
          i = Math.max(i, text.indexOf('}', i));
        }
        case '*', '+', '?' -> {}
        default -> operand = 1;
      }
    }
    return most;
  }

  private static int endOfEscape(String text, int at) {
    if (text.startsWith("\\Q", at)) {
      int end = text.indexOf("\\E", at);
      return end < 0 ? text.length() : end + 1;
    }
    return at + 1;
  }

  /** A bracket in the first place of a class is a member of it. */
  private static int endOfClass(String text, int at) {
    int i = text.startsWith("[^", at) ? at + 2 : at + 1;
    i = text.startsWith("]", i) ? i + 1 : i;
    while (i < text.length() && text.charAt(i) != ']') {
      boolean named = text.startsWith("[:", i) && text.indexOf(":]", i) > 0;
      i = named ? text.indexOf(":]", i) + 2 : text.charAt(i) == '\\' ? i + 2 : i + 1;
    }
    return i;
  }

  /** The larger number of {@code n}, {@code n,} or {@code n,m}; 1 if it is something else. */
  private static long count(String text, int from) {
    int end = text.indexOf('}', from);
    String inner = end < 0 ? "" : text.substring(from, end);
    if (!inner.matches("\\d{1,4}(,\\d{0,4})?")) {
      return 1;
    }
    long largest = 1;
    for (String number : inner.split(",", 2)) {
      largest = Math.max(largest, number.isEmpty() ? 1 : Long.parseLong(number));
    }
    return largest;
  }
}
