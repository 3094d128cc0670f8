package io.fairlead.traffic;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a listener tells its connections apart before HTTP is spoken on them, if it is. Immutable.
 *
 * @param proxyProtocol whether connections begin with a header that says who the client is
 * @param plainText whether plain text is served too where there is TLS
 * @param detection how long a client may be silent before its connection is taken for TCP, in which
 *     the server may speak first; 0 waits not at all. Counts where there is a choice only
 * @param tcp connections that are passed on octet by octet; the first whose server name matches
 * @param originalDestination how connections are led here by the kernel; empty if they are not
 */
public record Intake(
    ProxyHeader proxyProtocol,
    PlainText plainText,
    Duration detection,
    List<TcpRoute> tcp,
    Optional<OriginalDestination> originalDestination) {
  /** Of connections that are opened to the listener itself. */
  public Intake(
      ProxyHeader proxyProtocol, PlainText plainText, Duration detection, List<TcpRoute> tcp) {
    this(proxyProtocol, plainText, detection, tcp, Optional.empty());
  }

  /** How long a client may be silent if nothing else is said. */
  public static final Duration USUAL_DETECTION = Duration.ofSeconds(5);

  /** Every connection is HTTP, or TLS if the listener has it. */
  public static final Intake USUAL =
      new Intake(ProxyHeader.NONE, PlainText.REFUSED, USUAL_DETECTION, List.of());

  /**
   * Whether connections begin with a header of the PROXY protocol, version 1 or 2. Whoever can
   * connect can claim any address by it, so the port must be open to trusted proxies only.
   *
   * @see <a href="https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt">PROXY protocol</a>
   */
  public enum ProxyHeader {
    NONE,
    /** Taken if there is one. */
    OPTIONAL,
    /** A connection without one is closed. */
    REQUIRED
  }

  /** Whether plain text is served where there is TLS. */
  public enum PlainText {
    REFUSED,
    SERVED
  }

  public Intake {
    tcp = List.copyOf(tcp);
    if (detection.isNegative() || detection.compareTo(Duration.ofMinutes(5)) > 0) {
      throw new IllegalArgumentException("detection: must be 0 to 5m, was " + detection);
    }
    var names = new java.util.HashSet<String>();
    for (var route : tcp) {
      var claims = route.serverNames().isEmpty() ? List.of("") : route.serverNames();
      for (var name : claims) {
        if (!names.add(name)) {
          throw new IllegalArgumentException("tcp: two routes are for the server name " + name);
        }
      }
    }
  }
}
