package io.fairlead.cli;

import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/** Has SLF4J write to standard error, with levels that change at run time. */
public final class ConsoleLogging implements SLF4JServiceProvider {
  private static final ConsoleLoggers LOGGERS = new ConsoleLoggers();

  private final IMarkerFactory markers = new BasicMarkerFactory();
  private final MDCAdapter contexts = new NOPMDCAdapter();

  /** The loggers of this process: SLF4J has one provider, wherever it is made. */
  static ConsoleLoggers loggers() {
    return LOGGERS;
  }

  @Override
  public ILoggerFactory getLoggerFactory() {
    return LOGGERS;
  }

  @Override
  public IMarkerFactory getMarkerFactory() {
    return markers;
  }

  @Override
  public MDCAdapter getMDCAdapter() {
    return contexts;
  }

  @Override
  public String getRequestedApiVersion() {
    return "2.0.99";
  }

  @Override
  public void initialize() {}
}
