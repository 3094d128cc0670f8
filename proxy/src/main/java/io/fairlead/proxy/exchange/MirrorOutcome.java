package io.fairlead.proxy.exchange;

/**
 * What became of a copy of a request; each copy comes to one of these. As many as metrics can have
 * labels, whatever mirrors answer.
 */
public enum MirrorOutcome {
  ANSWERED_2XX(Kind.ANSWERED, "2xx"),
  ANSWERED_3XX(Kind.ANSWERED, "3xx"),
  ANSWERED_4XX(Kind.ANSWERED, "4xx"),
  ANSWERED_5XX(Kind.ANSWERED, "5xx"),
  NO_HEALTHY_UPSTREAM(Kind.FAILED, Reason.NO_HEALTHY_UPSTREAM.text()),
  CONNECT_FAILED(Kind.FAILED, Reason.CONNECT_FAILED.text()),
  UPSTREAM_TLS(Kind.FAILED, Reason.UPSTREAM_TLS.text()),
  UPSTREAM_RESET(Kind.FAILED, Reason.UPSTREAM_RESET.text()),
  UPSTREAM_PROTOCOL(Kind.FAILED, Reason.UPSTREAM_PROTOCOL.text()),
  TIMEOUT(Kind.FAILED, Reason.TIMEOUT.text()),
  CIRCUIT_OPEN(Kind.DROPPED, Reason.CIRCUIT_OPEN.text()),
  BULKHEAD_FULL(Kind.DROPPED, Reason.BULKHEAD_FULL.text()),
  CONCURRENCY_LIMIT(Kind.DROPPED, Reason.CONCURRENCY_LIMIT.text()),
  OVERLOAD(Kind.DROPPED, Reason.OVERLOAD.text()),
  /** The request has more octets than are kept for copies. */
  TOO_LARGE(Kind.DROPPED, "too-large"),
  /** The request was over before all of it had come. */
  INCOMPLETE(Kind.DROPPED, "incomplete");

  /** The sorts of outcomes. */
  public enum Kind {
    /** A whole answer came. */
    ANSWERED,
    /** It was meant to be sent, and no whole answer came. */
    FAILED,
    /** A bound let it not be sent. */
    DROPPED
  }

  private final Kind kind;
  private final String text;

  MirrorOutcome(Kind kind, String text) {
    this.kind = kind;
    this.text = text;
  }

  /** Which sort of outcome it is. */
  public Kind kind() {
    return kind;
  }

  /** The class of the status, or the reason. */
  public String text() {
    return text;
  }

  /**
   * A whole answer.
   *
   * @param status 200 to 599, as those of final answers are
   */
  static MirrorOutcome answered(int status) {
    return switch (status / 100) {
      case 2 -> ANSWERED_2XX;
      case 3 -> ANSWERED_3XX;
      case 4 -> ANSWERED_4XX;
      default -> ANSWERED_5XX;
    };
  }

  /** No whole answer, for this reason. */
  static MirrorOutcome of(Reason reason) {
    return switch (reason) {
      case NO_HEALTHY_UPSTREAM -> NO_HEALTHY_UPSTREAM;
      case CONNECT_FAILED -> CONNECT_FAILED;
      case UPSTREAM_TLS -> UPSTREAM_TLS;
      case UPSTREAM_RESET -> UPSTREAM_RESET;
      case UPSTREAM_PROTOCOL -> UPSTREAM_PROTOCOL;
      case TIMEOUT -> TIMEOUT;
      case CIRCUIT_OPEN -> CIRCUIT_OPEN;
      case BULKHEAD_FULL -> BULKHEAD_FULL;
      case CONCURRENCY_LIMIT -> CONCURRENCY_LIMIT;
      // What else a proxy refuses, it refuses before there are copies.
      case OVERLOAD,
          DRAINING,
          BAD_REQUEST,
          UNAUTHORIZED,
          FORBIDDEN,
          NO_ROUTE,
          REQUEST_TIMEOUT,
          BODY_TOO_LARGE,
          RATE_LIMITED,
          NO_KEYS,
          FAULT_INJECTED,
          CORS_PREFLIGHT,
          REDIRECT,
          DIRECT_RESPONSE ->
          OVERLOAD;
    };
  }
}
