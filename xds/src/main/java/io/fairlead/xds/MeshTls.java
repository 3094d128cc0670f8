package io.fairlead.xds;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** TLS towards the control plane, which is recognised by the roots of the mesh. */
public final class MeshTls {
  private MeshTls() {}

  /**
   * For connections that show a workload's certificate.
   *
   * @param protocol of ALPN
   * @throws IOException if the certificate or its key cannot be read
   */
  public static SslContext of(WorkloadCertificate own, String protocol) throws IOException {
    return context(own.roots(), own, protocol);
  }

  /** As {@link #of}, or without a certificate of its own. */
  static SslContext context(
      List<X509Certificate> roots, @Nullable WorkloadCertificate own, String protocol)
      throws IOException {
    var context =
        SslContextBuilder.forClient()
            .trustManager(roots.toArray(X509Certificate[]::new))
            .applicationProtocolConfig(
                new ApplicationProtocolConfig(
                    ApplicationProtocolConfig.Protocol.ALPN,
                    ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                    ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                    protocol));
    if (own != null) {
      // Objects, not PEM: given PEM, Netty would load all of Bouncy Castle to read it. The store in
      // memory is of the kind that does not derive a key from its empty password first.
      context.keyStoreType("JKS");
      context.keyManager(own.key(), own.chain().toArray(X509Certificate[]::new));
    }
    return context.build();
  }
}
