package io.fairlead.cli;

import io.fairlead.config.Suggestion;
import io.fairlead.proxy.LogLevels;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.ILoggerFactory;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * All loggers of the process, and the levels that they and later ones have. Its own, since the
 * simple binding of SLF4J reads levels once, and larger ones cost time at each start. Safe for all
 * threads.
 */
final class ConsoleLoggers implements ILoggerFactory, LogLevels {
  /** The name that stands for all. */
  private static final String ALL = "";

  private final Map<String, ConsoleLogger> loggers = new TreeMap<>();
  private final Map<String, Level> levels = new TreeMap<>();

  ConsoleLoggers() {
    levels.put(ALL, Level.INFO);
    levels.put("com.linecorp.armeria", Level.WARN);
    levels.put("io.micrometer", Level.ERROR);
    levels.put("io.netty", Level.WARN);
  }

  @Override
  public synchronized Logger getLogger(String name) {
    return loggers.computeIfAbsent(name, n -> new ConsoleLogger(n, levelOf(n)));
  }

  /** Of the longest name that this one has or begins with. */
  private Level levelOf(String name) {
    String prefix = name;
    while (!prefix.isEmpty()) {
      Level level = levels.get(prefix);
      if (level != null) {
        return level;
      }
      prefix = prefix.substring(0, Math.max(0, prefix.lastIndexOf('.')));
    }
    return levels.getOrDefault(ALL, Level.INFO);
  }

  @Override
  public synchronized Map<String, Level> all() {
    Map<String, Level> all = new TreeMap<>();
    loggers.forEach((name, logger) -> all.put(name, logger.level()));
    return all;
  }

  @Override
  public synchronized void set(Level level) {
    levels.clear();
    levels.put(ALL, level);
    loggers.values().forEach(logger -> logger.level(level));
  }

  @Override
  public synchronized void set(String name, Level level) {
    if (loggers.keySet().stream().noneMatch(known -> isPartOf(known, name))) {
      var meant = Suggestion.nearest(name, loggers.keySet()).map(n -> "; did you mean " + n + "?");
      throw new IllegalArgumentException(
          name + ": must be a logger or a part of names of loggers" + meant.orElse(""));
    }
    levels.keySet().removeIf(known -> isPartOf(known, name));
    levels.put(name, level);
    loggers.forEach((known, logger) -> logger.level(levelOf(known)));
  }

  private static boolean isPartOf(String logger, String name) {
    return logger.equals(name) || logger.startsWith(name + ".");
  }
}
