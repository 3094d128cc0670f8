package io.fairlead.control;

import com.linecorp.armeria.common.TlsKeyPair;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import io.netty.handler.ssl.ClientAuth;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The port with TLS on which workloads get certificates and configuration. Stateless.
 *
 * <p>A client certificate is asked for and not demanded: who has none yet comes to get one.
 */
public final class SecureServer {
  private SecureServer() {}

  /**
   * A server without a port yet.
   *
   * @param hosts names and addresses by which clients reach it, for its certificate
   */
  public static ServerBuilder builder(ControlPlane control, List<String> hosts) {
    var certificate = control.serverCertificate(hosts);
    var server =
        Server.builder()
            .requestTimeoutMillis(0)
            .maxRequestLength(0)
            .tls(TlsKeyPair.of(stream(certificate.keyPem()), stream(certificate.chainPem())))
            .tlsCustomizer(
                tls -> {
                  tls.clientAuth(ClientAuth.OPTIONAL);
                  tls.trustManager(stream(control.rootsPem()));
                });
    control.addSecureXds(server);
    return server;
  }

  private static ByteArrayInputStream stream(String pem) {
    return new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
  }
}
