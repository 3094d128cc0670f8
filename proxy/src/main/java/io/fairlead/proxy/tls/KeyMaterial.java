package io.fairlead.proxy.tls;

import io.fairlead.traffic.Secret;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Secret.Certificate} that was read and found to fit together. Immutable.
 *
 * @param staple what the authority says of it, or null
 */
record KeyMaterial(PrivateKey key, List<X509Certificate> chain, @Nullable OcspStaple staple) {
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
      PrivateKey key = Pem.key(secret.keyPem(), chain.getFirst());
      return new KeyMaterial(key, chain, staple(secret.ocspStaple(), chain.getFirst()));
    } catch (GeneralSecurityException e) {
      throw new SecretException("keyPem: " + e.getMessage(), e);
    }
  }

  private static @Nullable OcspStaple staple(Optional<String> base64, X509Certificate leaf)
      throws SecretException {
    if (base64.isEmpty()) {
      return null;
    }
    return OcspStaple.read(base64.get(), leaf.getSerialNumber());
  }

  /** Never shows the key. */
  @Override
  public String toString() {
    return "KeyMaterial[" + chain.getFirst().getSubjectX500Principal() + "]";
  }
}
