package io.fairlead.proxy.upstream;

import java.net.InetAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the names of a cluster's endpoints are resolved. Immutable.
 *
 * @param kind what the addresses of a name are
 * @param refreshRate from one time to the next
 * @param current the address of a logical cluster's name, or null before it is known
 */
public record DnsNames(Kind kind, Duration refreshRate, @Nullable InetAddress current) {
  /** What the addresses of a name are. */
  public enum Kind {
    /** Each of them is an endpoint. */
    STRICT,
    /** One of them at a time is where new connections go. */
    LOGICAL
  }
}
