package io.fairlead.proxy.tls;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Why TLS with a peer did not come about, as far as this side can tell. */
public enum TlsFailure {
  /** What came was no TLS at all. */
  PLAIN_TEXT("plain-text"),
  /** The handshake was not done in time. */
  TIMEOUT("timeout"),
  /** The peer went away during the handshake. */
  CLOSED("closed"),
  /** No common version or cipher suite, or octets that break the protocol. */
  PROTOCOL("protocol"),
  /** The peer showed no certificate although one is required. */
  NO_CERTIFICATE("no-certificate"),
  /** No chain leads from the peer's certificate to the roots. */
  UNTRUSTED("untrusted"),
  /** The peer's certificate is not valid at this time. */
  EXPIRED("expired"),
  /** The certificate is genuine, but it is not that of the wanted peer. */
  IDENTITY("identity"),
  /** The peer ended the handshake with an alert, as it does if it does not trust this side. */
  REFUSED("refused");

  /** Causes behind causes that are looked at. */
  private static final int MAX_DEPTH = 16;

  private final String text;

  TlsFailure(String text) {
    this.text = text;
  }

  /** The name in metrics and messages. */
  public String text() {
    return text;
  }

  /** The failure that an exception of a TLS engine stands for. */
  public static TlsFailure of(Throwable thrown) {
    TlsFailure found = PROTOCOL;
    Throwable cause = thrown;
    for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++) {
      TlsFailure exact = exactly(cause);
      if (exact != null) {
        return exact;
      }
      // An expired certificate shows as a broken path at first, so the search goes on.
      found = cause instanceof GeneralSecurityException ? UNTRUSTED : found;
      cause = cause.getCause();
    }
    return found == PROTOCOL ? byMessage(thrown) : found;
  }

  private static @Nullable TlsFailure exactly(Throwable cause) {
    return switch (cause) {
      case PeerRefusedException refused -> refused.failure();
      case NotSslRecordException plain -> PLAIN_TEXT;
      case SslHandshakeTimeoutException late -> TIMEOUT;
      case ClosedChannelException closed -> CLOSED;
      case CertificateExpiredException expired -> EXPIRED;
      case CertificateNotYetValidException early -> EXPIRED;
      // The platform's check of host names throws nothing more special than this.
      case CertificateException name when name.getClass() == CertificateException.class -> IDENTITY;
      default -> null;
    };
  }

  /** The engines tell some failures apart by their words alone. */
  private static TlsFailure byMessage(Throwable thrown) {
    String words = String.valueOf(thrown).toLowerCase(Locale.ROOT);
    if (words.contains("did_not_return_a_certificate")
        || words.contains("empty client certificate")) {
      return NO_CERTIFICATE;
    }
    if (words.contains("_alert_") || words.contains("received fatal alert")) {
      return REFUSED;
    }
    return words.contains("closed while") ? CLOSED : PROTOCOL;
  }
}
