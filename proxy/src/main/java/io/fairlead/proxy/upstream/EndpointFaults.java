package io.fairlead.proxy.upstream;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log what an endpoint does that its protocol or a bound forbids: the first at once,
 * and then one every ten seconds with how many there were. Belongs to its loop.
 */
final class EndpointFaults {
  /** Octets outside any answer. */
  static final String UNASKED = "octets came that no request had asked for";

  private static final Logger LOG = LoggerFactory.getLogger(EndpointFaults.class);
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final String endpoint;
  private final LongSupplier clock;
  private boolean told;
  private long toldNanos;
  private int untold;

  EndpointFaults(String endpoint, LongSupplier clock) {
    this.endpoint = endpoint;
    this.clock = clock;
  }

  void report(String what) {
    long now = clock.getAsLong();
    if (told && now - toldNanos < QUIET_NANOS) {
      untold++;
      return;
    }
    told = true;
    toldNanos = now;
    LOG.warn("endpoint {} broke a rule: {} ({} more since the last line)", endpoint, what, untold);
    untold = 0;
  }

  /** What went wrong, in few words. */
  static String brief(Throwable cause) {
    Throwable inner = cause.getCause();
    // A TLS engine says only that something is wrong, and its cause what.
    Throwable telling = cause instanceof SSLException && inner != null ? inner : cause;
    String message = telling.getMessage();
    return message == null ? telling.getClass().getSimpleName() : message;
  }
}
