package io.fairlead.control;

import io.fairlead.traffic.Secret;
import io.fairlead.xds.WorkloadCertificate;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/** Ends TLS before a server that speaks plain text. */
final class TlsRelay implements AutoCloseable {
  private final SSLServerSocket listening;
  private final int target;

  TlsRelay(Secret.Certificate own, int target) throws Exception {
    this.target = target;
    var certificate = WorkloadCertificate.of(own, "");
    var store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    var chain = certificate.chain().toArray(X509Certificate[]::new);
    store.setKeyEntry("own", certificate.key(), new char[0], chain);
    var keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, new char[0]);
    var context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    listening = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0);
    Thread.startVirtualThread(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        var client = listening.accept();
        var server = new Socket("127.0.0.1", target);
        Thread.startVirtualThread(() -> pass(client, server));
        Thread.startVirtualThread(() -> pass(server, client));
      } catch (SocketException closed) {
        return;
      } catch (IOException failed) {
        throw new AssertionError(failed);
      }
    }
  }

  private static void pass(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException ended) {
      // One side has closed, and so both are closed now.
      return;
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
