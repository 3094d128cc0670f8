package io.fairlead.traffic;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * TLS of a listener. Immutable.
 *
 * @param certificate name of the {@link Secret.Certificate} that is presented to a client that
 *     names no server, or one that nothing else is there for
 * @param clients how client certificates are checked, whatever server is named; empty asks for none
 * @param named certificates of particular servers, kept by host; one host may have several, of
 *     which the first that suits the client's algorithms is presented
 * @param stapling what the OCSP responses of certificates mean for their use; empty for {@link
 *     Stapling#LENIENT}, as which it is kept
 */
public record ServerTls(
    String certificate,
    Optional<PeerValidation> clients,
    List<Named> named,
    Optional<Stapling> stapling) {

  /**
   * What becomes of a certificate by its OCSP response, which is given to clients that ask for it
   * (RFC 6066 section 8).
   *
   * @see <a
   *     href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/transport_sockets/tls/v3/tls.proto">
   *     envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext.OcspStaplePolicy</a>
   */
  public enum Stapling {
    /** Without a response that still holds it is presented alone. */
    LENIENT,
    /** It may have no response, but is not presented when the one that it has holds no more. */
    STRICT,
    /** It must have a response, and is not presented when that holds no more. */
    MUST_STAPLE
  }

  /**
   * A certificate for those who name this server (RFC 6066 section 3).
   *
   * @param host in lower case; {@code host}, {@code *.suffix}, in which the star is one label (RFC
   *     9525 section 6.3), or {@code *} for what no other certificate is for
   * @param certificate name of the {@link Secret.Certificate}
   */
  public record Named(String host, String certificate) {
    public Named {
      if (host.isEmpty() || !host.equals(host.toLowerCase(Locale.ROOT))) {
        throw new IllegalArgumentException(
            "host: must be in lower case and not empty, was " + host);
      }
      requireCertificate(certificate);
    }
  }

  public ServerTls {
    requireCertificate(certificate);
    stapling = stapling.filter(policy -> policy != Stapling.LENIENT);
    named = named.stream().sorted(Comparator.comparing(Named::host)).toList();
  }

  /** What the OCSP responses of certificates mean for their use. */
  public Stapling staplingOrLenient() {
    return stapling.orElse(Stapling.LENIENT);
  }

  /** With responses that may be absent. */
  public ServerTls(String certificate, Optional<PeerValidation> clients, List<Named> named) {
    this(certificate, clients, named, Optional.empty());
  }

  /** One certificate, whatever server is named. */
  public ServerTls(String certificate, Optional<PeerValidation> clients) {
    this(certificate, clients, List.of());
  }

  private static void requireCertificate(String certificate) {
    if (certificate.isEmpty()) {
      throw new IllegalArgumentException("certificate: must not be empty");
    }
  }
}
