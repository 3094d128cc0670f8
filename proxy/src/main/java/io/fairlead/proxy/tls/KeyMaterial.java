package io.fairlead.proxy.tls;

import io.fairlead.traffic.Secret;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/** A {@link Secret.Certificate} that was read and found to fit together. Immutable. */
record KeyMaterial(PrivateKey key, List<X509Certificate> chain) {
  KeyMaterial {
    chain = List.copyOf(chain);
  }

  static KeyMaterial read(Secret.Certificate secret) throws SecretException {
    List<X509Certificate> chain;
    try {
      chain = Pem.certificates(secret.chainPem());
    } catch (GeneralSecurityException e) {
      throw new SecretException("chainPem: " + e.getMessage(), e);
    }
    try {
      return new KeyMaterial(Pem.key(secret.keyPem(), chain.getFirst()), chain);
    } catch (GeneralSecurityException e) {
      throw new SecretException("keyPem: " + e.getMessage(), e);
    }
  }

  /** Never shows the key. */
  @Override
  public String toString() {
    return "KeyMaterial[" + chain.getFirst().getSubjectX500Principal() + "]";
  }
}
