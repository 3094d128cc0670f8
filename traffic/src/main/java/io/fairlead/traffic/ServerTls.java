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
 */
public record ServerTls(String certificate, Optional<PeerValidation> clients, List<Named> named) {

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
    named = named.stream().sorted(Comparator.comparing(Named::host)).toList();
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
