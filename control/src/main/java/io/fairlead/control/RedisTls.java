package io.fairlead.control;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * TLS to a Redis server, whose certificate must be for the host that was named. Roots are read for
 * each connection, so that they can be replaced. Stateless.
 */
final class RedisTls {
  private RedisTls() {}

  static Socket secure(Socket plain, RedisSettings settings) throws IOException {
    var socket =
        (SSLSocket)
            factory(settings.roots()).createSocket(plain, settings.host(), settings.port(), true);
    var parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  private static SSLSocketFactory factory(Optional<Path> roots) throws IOException {
    if (roots.isEmpty()) {
      return (SSLSocketFactory) SSLSocketFactory.getDefault();
    }
    try (var file = Files.newInputStream(roots.get())) {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (var root : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
        store.setCertificateEntry("root-" + number++, root);
      }
      var trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(store);
      var context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context.getSocketFactory();
    } catch (GeneralSecurityException broken) {
      throw new IOException("redis: ca: " + roots.get() + " cannot be used", broken);
    }
  }
}
