package io.fairlead.control;

import com.linecorp.armeria.common.CommonPools;
import com.linecorp.armeria.common.TlsKeyPair;
import com.linecorp.armeria.common.TlsProvider;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServerTlsConfig;
import io.fairlead.traffic.Secret;
import io.netty.handler.ssl.ClientAuth;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;

/**
 * The port with TLS on which workloads get certificates and configuration. Stateless.
 *
 * <p>A client certificate is asked for and not demanded: who has none yet comes to get one. The
 * server's own certificate is made anew each day, for connections that come from then on.
 */
public final class SecureServer {
  private static final Duration RENEWAL = Duration.ofDays(1);

  private SecureServer() {}

  /**
   * A server without a port yet.
   *
   * @param hosts names and addresses by which clients reach it, for its certificate
   */
  public static ServerBuilder builder(ControlPlane control, List<String> hosts) {
    return builder(control, hosts, RENEWAL);
  }

  static ServerBuilder builder(ControlPlane control, List<String> hosts, Duration renewal) {
    var certificates =
        TlsProvider.ofScheduled(
            () -> pair(control.serverCertificate(hosts)),
            roots(control),
            renewed -> {},
            renewal,
            CommonPools.blockingTaskExecutor());
    var server =
        Server.builder()
            .requestTimeoutMillis(0)
            .maxRequestLength(0)
            .tlsProvider(
                certificates, ServerTlsConfig.builder().clientAuth(ClientAuth.OPTIONAL).build());
    control.addSecureXds(server);
    return server;
  }

  private static TlsKeyPair pair(Secret.Certificate certificate) {
    return TlsKeyPair.of(stream(certificate.keyPem()), stream(certificate.chainPem()));
  }

  private static List<X509Certificate> roots(ControlPlane control) {
    try {
      return CertificateFactory.getInstance("X.509")
          .generateCertificates(stream(control.rootsPem()))
          .stream()
          .map(X509Certificate.class::cast)
          .toList();
    } catch (CertificateException broken) {
      throw new IllegalStateException("the root certificate cannot be read", broken);
    }
  }

  private static ByteArrayInputStream stream(String pem) {
    return new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
  }
}
