package io.fairlead.proxy;

import java.util.Map;
import org.slf4j.event.Level;

/**
 * The levels of the loggers of this process, which operators change while it runs. Safe for all
 * threads.
 */
public interface LogLevels {
  /** Levels by name of the logger. */
  Map<String, Level> all();

  /** Sets every logger. */
  void set(Level level);

  /**
   * Sets one logger, or all whose names begin with this one and a dot.
   *
   * @throws IllegalArgumentException if there is none; the message names the rule
   */
  void set(String name, Level level);
}
