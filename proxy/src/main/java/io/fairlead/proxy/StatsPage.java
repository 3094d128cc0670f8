package io.fairlead.proxy;

import com.google.re2j.Pattern;
import io.fairlead.config.RegexText;
import io.fairlead.proxy.admin.AdminQuery;
import java.util.function.Predicate;

/** Metrics for human eyes: {@code name: value}, one a line. Stateless. */
final class StatsPage {
  private StatsPage() {}

  /**
   * Which names are wanted.
   *
   * @throws IllegalArgumentException if the filter is no expression
   */
  static Predicate<String> filter(AdminQuery query) {
    query.only("filter");
    String expression = query.text("filter").orElse("");
    if (expression.isEmpty()) {
      return name -> true;
    }
    try {
      Pattern pattern = RegexText.parse(expression);
      return name -> pattern.matcher(name).find();
    } catch (IllegalArgumentException broken) {
      throw new IllegalArgumentException(
          "filter: " + broken.getMessage() + ", was " + expression, broken);
    }
  }

  /** The lines of a page in Prometheus' format whose names are wanted. */
  static String of(String page, Predicate<String> wanted) {
    StringBuilder lines = new StringBuilder(page.length());
    page.lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(
            line -> {
              int end = line.lastIndexOf(' ');
              String name = line.substring(0, end);
              if (wanted.test(name)) {
                lines.append(name).append(": ").append(line, end + 1, line.length()).append('\n');
              }
            });
    return lines.toString();
  }
}
