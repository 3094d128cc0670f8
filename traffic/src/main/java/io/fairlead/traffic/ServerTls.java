package io.fairlead.traffic;

import java.util.Optional;

/**
 * TLS of a listener. Immutable.
 *
 * @param certificate name of the {@link Secret.Certificate} that is presented
 * @param clients how client certificates are checked; empty asks for none
 */
public record ServerTls(String certificate, Optional<PeerValidation> clients) {
  public ServerTls {
    if (certificate.isEmpty()) {
      throw new IllegalArgumentException("certificate: must not be empty");
    }
  }
}
