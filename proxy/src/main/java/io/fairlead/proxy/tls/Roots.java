package io.fairlead.proxy.tls;

import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Secret;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Secret.Validation} that was read. Immutable.
 *
 * @param paths finds the way from a certificate to the roots
 */
record Roots(X509ExtendedTrustManager paths) {
  static Roots read(Secret.Validation secret) throws SecretException {
    try {
      if (secret.name().equals(MeshSettings.SYSTEM_ROOTS)) {
        return of(null);
      }
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (X509Certificate root : Pem.certificates(secret.rootsPem())) {
        store.setCertificateEntry("root-" + number++, root);
      }
      return of(store);
    } catch (GeneralSecurityException | IOException e) {
      throw new SecretException("rootsPem: " + e.getMessage(), e);
    }
  }

  /** Without a store those that the platform trusts. */
  private static Roots of(@Nullable KeyStore store) throws GeneralSecurityException {
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509ExtendedTrustManager paths) {
        return new Roots(paths);
      }
    }
    throw new IllegalStateException("every Java platform checks X.509 paths");
  }
}
