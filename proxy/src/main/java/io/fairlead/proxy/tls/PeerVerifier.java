package io.fairlead.proxy.tls;

import io.netty.handler.ssl.ResumableX509ExtendedTrustManager;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Checks the certificate of a peer: its path to the roots by the platform's rules (RFC 5280 section
 * 6), then its names. A resumed session shows no path again, so that of its certificate which
 * passes with time is checked anew. Safe for all threads.
 */
final class PeerVerifier extends X509ExtendedTrustManager
    implements ResumableX509ExtendedTrustManager {
  private final X509ExtendedTrustManager paths;
  private final PeerNames names;

  PeerVerifier(X509ExtendedTrustManager paths, PeerNames names) {
    this.paths = paths;
    this.names = names;
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    paths.checkClientTrusted(chain, authType);
    names.identify(chain[0]);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    paths.checkClientTrusted(chain, authType, engine);
    names.identify(chain[0]);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    paths.checkClientTrusted(chain, authType, socket);
    names.identify(chain[0]);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    paths.checkServerTrusted(chain, authType);
    names.identify(chain[0]);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    paths.checkServerTrusted(chain, authType, engine);
    names.identify(chain[0]);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    paths.checkServerTrusted(chain, authType, socket);
    names.identify(chain[0]);
  }

  @Override
  public void resumeClientTrusted(X509Certificate[] chain, SSLEngine engine)
      throws CertificateException {
    resume(chain);
  }

  @Override
  public void resumeServerTrusted(X509Certificate[] chain, SSLEngine engine)
      throws CertificateException {
    resume(chain);
  }

  private void resume(X509Certificate[] chain) throws CertificateException {
    for (X509Certificate certificate : chain) {
      certificate.checkValidity();
    }
    names.identify(chain[0]);
  }

  /**
   * The roots that a server names to its clients. Workloads have one certificate to show, and if
   * they showed none for lack of a known name, nobody could tell what is wrong with it.
   */
  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return names.trustDomain().isEmpty() ? paths.getAcceptedIssuers() : new X509Certificate[0];
  }
}
