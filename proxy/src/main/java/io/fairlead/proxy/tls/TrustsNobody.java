package io.fairlead.proxy.tls;

import java.security.cert.X509Certificate;
import javax.net.ssl.X509TrustManager;

/** Stands where no certificate is asked for, instead of the platform's list of authorities. */
final class TrustsNobody implements X509TrustManager {
  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws PeerRefusedException {
    throw new PeerRefusedException(TlsFailure.UNTRUSTED, "no certificate was asked for");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws PeerRefusedException {
    throw new PeerRefusedException(TlsFailure.UNTRUSTED, "no certificate was asked for");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
