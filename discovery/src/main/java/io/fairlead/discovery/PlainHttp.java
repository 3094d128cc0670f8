package io.fairlead.discovery;

import java.net.URI;
import java.net.http.HttpClient;
import java.security.GeneralSecurityException;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/** Spares clients of plain HTTP what the JDK does for TLS: it reads every certificate it has. */
final class PlainHttp {
  private PlainHttp() {}

  /** A client of these addresses: if none of them needs TLS, it has none. */
  static HttpClient.Builder client(List<URI> addresses) {
    boolean plain = addresses.stream().allMatch(uri -> "http".equalsIgnoreCase(uri.getScheme()));
    var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1);
    return plain ? client.sslContext(noTls()) : client;
  }

  /** Trusts nobody, and reads no file for that. */
  private static SSLContext noTls() {
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[0], null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no TLS", e);
    }
  }
}
