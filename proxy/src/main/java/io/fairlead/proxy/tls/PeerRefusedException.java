package io.fairlead.proxy.tls;

import java.security.cert.CertificateException;

/** A peer's certificate does not prove what it must. */
final class PeerRefusedException extends CertificateException {
  private static final long serialVersionUID = 1;

  private final TlsFailure failure;

  PeerRefusedException(TlsFailure failure, String message) {
    super(message);
    this.failure = failure;
  }

  TlsFailure failure() {
    return failure;
  }
}
