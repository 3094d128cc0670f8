package io.fairlead.traffic;

import java.time.Duration;

/**
 * How a sidecar gets the connections of its application, and what becomes of those that belong to
 * nothing it knows. Immutable.
 *
 * @param mode whether the kernel leads connections to it, and how those from elsewhere
 * @param outbound what becomes of calls to destinations that nobody has declared
 * @param inbound what becomes of connections to ports that are not the application's
 * @param detection how long a client may be silent before its connection is taken for one in which
 *     the server speaks first, 0 to 5 min
 */
public record Interception(
    Mode mode, OutboundPolicy outbound, InboundPolicy inbound, Duration detection) {
  /** Long for a client that is going to speak, and bearable for one that waits for its server. */
  public static final Duration USUAL_DETECTION = Duration.ofSeconds(1);

  /** Connections come only from those who know of the proxy. */
  public static final Interception NONE =
      new Interception(
          Mode.NONE, OutboundPolicy.ALLOW_ANY, InboundPolicy.PASS_THROUGH, USUAL_DETECTION);

  /** How connections are led to a sidecar; Istio's {@code interceptionMode}. */
  public enum Mode {
    NONE,
    REDIRECT,
    /** Those from elsewhere by {@code TPROXY}, those of the application by {@code REDIRECT}. */
    TPROXY
  }

  /** Istio's {@code outboundTrafficPolicy.mode}. */
  public enum OutboundPolicy {
    /** They go on to their destination. */
    ALLOW_ANY,
    /** Requests are answered with 502, other connections closed. */
    REGISTRY_ONLY
  }

  /** What becomes of connections to ports that are not the application's. */
  public enum InboundPolicy {
    /** They go on to their destination as plain TCP. */
    PASS_THROUGH,
    /** They are closed. */
    REFUSE
  }

  public Interception {
    if (detection.isNegative() || detection.compareTo(Duration.ofMinutes(5)) > 0) {
      throw new IllegalArgumentException("detection: must be 0 to 5m, was " + detection);
    }
  }
}
