package io.fairlead.control;

import com.linecorp.armeria.server.ServiceRequestContext;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;

/** The SPIFFE identity in a client's certificate, which TLS has verified already. Stateless. */
final class PeerIdentity {
  private static final int URI = 6;

  private PeerIdentity() {}

  static Optional<String> of(ServiceRequestContext context) {
    var session = context.sslSession();
    if (session == null) {
      return Optional.empty();
    }
    try {
      return session.getPeerCertificates()[0] instanceof X509Certificate leaf
          ? of(leaf)
          : Optional.empty();
    } catch (SSLPeerUnverifiedException anonymous) {
      return Optional.empty();
    }
  }

  /** The one URI of the subject alternative name; several make no identity (X.509-SVID, 2). */
  static Optional<String> of(X509Certificate leaf) {
    try {
      var names = leaf.getSubjectAlternativeNames();
      if (names == null) {
        return Optional.empty();
      }
      var uris =
          names.stream()
              .filter(name -> name.get(0).equals(URI))
              .map(name -> String.valueOf(name.get(1)))
              .toList();
      return uris.size() == 1 ? Optional.of(uris.getFirst()) : Optional.empty();
    } catch (CertificateParsingException malformed) {
      return Optional.empty();
    }
  }
}
