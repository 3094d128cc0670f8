package io.fairlead.proxy;

import io.fairlead.proxy.admin.AdminPage;
import io.fairlead.proxy.admin.AdminPage.Answer;
import io.fairlead.proxy.admin.AdminQuery;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.slf4j.event.Level;

/** Shows the levels of loggers, and changes them. Safe for all threads. */
final class LoggingPage {
  /** Levels in a process whose logging cannot be changed. */
  static final LogLevels FIXED =
      new LogLevels() {
        @Override
        public Map<String, Level> all() {
          return Map.of();
        }

        @Override
        public void set(Level level) {
          throw new IllegalArgumentException("level: cannot be changed in this process");
        }

        @Override
        public void set(String name, Level level) {
          throw new IllegalArgumentException(name + ": cannot be changed in this process");
        }
      };

  private final LogLevels levels;

  LoggingPage(LogLevels levels) {
    this.levels = levels;
  }

  CompletionStage<Answer> answer(AdminQuery query) {
    if (query.method() == AdminPage.Method.POST) {
      change(query.values());
    } else if (!query.values().isEmpty()) {
      throw new IllegalArgumentException("levels are changed by POST");
    }
    StringBuilder lines = new StringBuilder();
    new TreeMap<>(levels.all())
        .forEach(
            (name, level) ->
                lines
                    .append(name)
                    .append(": ")
                    .append(level.name().toLowerCase(Locale.ROOT))
                    .append('\n'));
    return CompletableFuture.completedFuture(Answer.lines(lines.toString()));
  }

  /** All levels are read before one is changed. */
  private void change(Map<String, String> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("level: is required, or the name of a logger");
    }
    Map<String, Level> wanted = new TreeMap<>();
    values.forEach((name, level) -> wanted.put(name, level(name, level)));
    Level all = wanted.remove("level");
    if (all != null) {
      levels.set(all);
    }
    wanted.forEach(levels::set);
  }

  private static Level level(String name, String text) {
    for (Level level : Level.values()) {
      if (level.name().equalsIgnoreCase(text)) {
        return level;
      }
    }
    String known =
        Arrays.stream(Level.values())
            .map(level -> level.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", "));
    throw new IllegalArgumentException(name + ": must be one of " + known + ", was " + text);
  }
}
