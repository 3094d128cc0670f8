package io.fairlead.cli;

import java.io.PrintStream;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/** Writes lines to standard error; its level may change at any time. Safe for all threads. */
final class ConsoleLogger extends LegacyAbstractLogger {
  private static final long serialVersionUID = 1;
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

  private final String shortName;
  private volatile int threshold;

  ConsoleLogger(String name, Level level) {
    this.name = name;
    shortName = name.substring(name.lastIndexOf('.') + 1);
    threshold = level.toInt();
  }

  void level(Level level) {
    threshold = level.toInt();
  }

  Level level() {
    return Level.intToLevel(threshold);
  }

  @Override
  public boolean isTraceEnabled() {
    return threshold <= Level.TRACE.toInt();
  }

  @Override
  public boolean isDebugEnabled() {
    return threshold <= Level.DEBUG.toInt();
  }

  @Override
  public boolean isInfoEnabled() {
    return threshold <= Level.INFO.toInt();
  }

  @Override
  public boolean isWarnEnabled() {
    return threshold <= Level.WARN.toInt();
  }

  @Override
  public boolean isErrorEnabled() {
    return threshold <= Level.ERROR.toInt();
  }

  @Override
  protected @Nullable String getFullyQualifiedCallerName() {
    return null;
  }

  @Override
  protected void handleNormalizedLoggingCall(
      Level level,
      @Nullable Marker marker,
      String pattern,
      Object @Nullable [] arguments,
      @Nullable Throwable failure) {
    String message = MessageFormatter.basicArrayFormat(pattern, arguments);
    String line = TIME.format(LocalTime.now()) + " " + level + " " + shortName + " - " + message;
    PrintStream out = System.err;
    // Nobody's line comes between a line and its stack trace.
    synchronized (out) {
      out.println(line);
      if (failure != null) {
        failure.printStackTrace(out);
      }
      out.flush();
    }
  }
}
