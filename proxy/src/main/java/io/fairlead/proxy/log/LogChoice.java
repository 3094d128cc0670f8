package io.fairlead.proxy.log;

import io.fairlead.config.LogFilter;
import io.fairlead.proxy.exchange.Downstream.Protocol;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.ResponseFlags;

/** A {@link LogFilter} as loops use it. Safe for all loops. */
final class LogChoice {
  private static final int NEVER = Integer.MAX_VALUE;

  private final int statusFrom;
  private final LogFilter.Errors errors;
  private final long slowerThanNanos;
  private final double share;

  LogChoice(LogFilter filter) {
    statusFrom = filter.statusFrom().orElse(NEVER);
    errors = filter.errors();
    slowerThanNanos = filter.slowerThan().map(time -> time.toNanos()).orElse(Long.MAX_VALUE);
    share = filter.percent() / 100;
  }

  /** Whether an exchange that is over is logged. */
  boolean picks(Exchange exchange, int flags) {
    if (share == 1 || exchange.status() >= statusFrom) {
      return true;
    }
    if (errors == LogFilter.Errors.ALWAYS && failed(exchange, flags)) {
      return true;
    }
    return exchange.endNanos() - exchange.startNanos() > slowerThanNanos
        || share > 0 && exchange.loop().randomShare() < share;
  }

  private static boolean failed(Exchange exchange, int flags) {
    boolean unanswered = exchange.status() == 0 && exchange.protocol() != Protocol.TCP;
    return flags != ResponseFlags.NONE || unanswered || exchange.status() >= 500;
  }
}
