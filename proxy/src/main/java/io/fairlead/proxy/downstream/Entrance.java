package io.fairlead.proxy.downstream;

import io.fairlead.proxy.http2.Http2Limits;
import io.fairlead.proxy.route.TcpRouter;
import io.fairlead.proxy.tls.ServerTlsContext;
import io.fairlead.traffic.Intake;
import org.jspecify.annotations.Nullable;

/**
 * How the connections of a port are told apart. Immutable.
 *
 * @param intake as the configuration has it
 * @param http whether any of them may speak HTTP
 * @param tcp where others go, or null if there are none
 * @param capture what becomes of connections that the kernel leads here, or null if it does not
 * @param http2 the bounds on what clients of HTTP/2 may ask for
 */
public record Entrance(
    Intake intake,
    Http http,
    @Nullable TcpRouter tcp,
    @Nullable Capture capture,
    Http2Limits http2) {
  /** Every connection is HTTP. */
  public static final Entrance USUAL =
      new Entrance(Intake.USUAL, Http.SPOKEN, null, null, Http2Limits.defaults());

  /** Whether HTTP is spoken on a port. */
  public enum Http {
    SPOKEN,
    NOT_SPOKEN
  }

  boolean speaksHttp() {
    return http == Http.SPOKEN;
  }

  /** The same, but only what can be told by a name is passed on. */
  Entrance withoutRest() {
    return new Entrance(intake, http, tcp == null ? null : tcp.withoutRest(), null, http2);
  }

  boolean readsProxyHeader() {
    return intake.proxyProtocol() != Intake.ProxyHeader.NONE;
  }

  /** Whether it takes the first octets of a connection to know what it is. */
  boolean detects(@Nullable ServerTlsContext tls) {
    boolean eitherSecurity = tls != null && servesPlainText();
    return eitherSecurity || tcp != null && (tcp.readsNames() || tcp.takesRest() && speaksHttp());
  }

  boolean servesPlainText() {
    return intake.plainText() == Intake.PlainText.SERVED;
  }
}
