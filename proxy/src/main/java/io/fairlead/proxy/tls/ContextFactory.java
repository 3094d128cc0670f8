package io.fairlead.proxy.tls;

import io.fairlead.traffic.Cluster;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Makes contexts with what all of them have in common: TLS 1.3 or else 1.2, only suites with
 * forward secrecy and authenticated encryption (RFC 9325 section 4.2), ALPN.
 */
final class ContextFactory {
  private static final List<String> SUITES =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  /** What the handshake calls HTTP/2 (RFC 9113 section 3.2). */
  static final String HTTP_2 = "h2";

  private static final String HTTP_1_1 = "http/1.1";

  /**
   * Of the store in memory through which Netty hands a key over: the usual PKCS #12 would derive a
   * key from an empty password by ten thousand rounds of a hash, for each context anew.
   */
  private static final String KEY_STORE = "JKS";

  /** Sessions that one context keeps, and for how long. */
  private static final int MAX_SESSIONS = 2_048;

  private static final Duration SESSION_LIFE = Duration.ofHours(1);

  private final Supplier<SslProvider> provider;
  private @Nullable SslProvider chosen;

  ContextFactory(Supplier<SslProvider> provider) {
    this.provider = provider;
  }

  /** BoringSSL where it is there, and the platform's own engine elsewhere. */
  static SslProvider fastest() {
    return OpenSsl.isAvailable() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK;
  }

  /**
   * @param roots of clients' certificates; null asks for none, then there are no names either
   */
  SslContext server(KeyMaterial own, @Nullable Roots roots, @Nullable PeerNames names)
      throws SSLException {
    return server(SslContextBuilder.forServer(own.key(), own.chain()), roots, names);
  }

  /** The same with a choice of certificates. */
  SslContext server(ServerKeys own, @Nullable Roots roots, @Nullable PeerNames names)
      throws SSLException {
    return server(SslContextBuilder.forServer(own.factory()), roots, names);
  }

  private SslContext server(
      SslContextBuilder builder, @Nullable Roots roots, @Nullable PeerNames names)
      throws SSLException {
    if (roots != null && names != null) {
      builder.clientAuth(ClientAuth.REQUIRE).trustManager(new PeerVerifier(roots.paths(), names));
    } else {
      builder.clientAuth(ClientAuth.NONE).trustManager(new TrustsNobody());
    }
    return common(builder, HTTP_2, HTTP_1_1).build();
  }

  /**
   * @param own certificate to present, or null
   * @param serverName checked as host name where the peers are outside SPIFFE; may be empty
   */
  SslContext client(
      @Nullable KeyMaterial own,
      Roots roots,
      PeerNames names,
      String serverName,
      Cluster.Protocol protocol)
      throws SSLException {
    boolean byHostName = names.trustDomain().isEmpty() && !serverName.isEmpty();
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .trustManager(new PeerVerifier(roots.paths(), names))
            .endpointIdentificationAlgorithm(byHostName ? "HTTPS" : null);
    if (own != null) {
      builder.keyManager(own.key(), own.chain());
    }
    return common(builder, protocol == Cluster.Protocol.HTTP_2 ? HTTP_2 : HTTP_1_1).build();
  }

  private SslContextBuilder common(SslContextBuilder builder, String... protocols) {
    SslProvider present = chosen == null ? provider.get() : chosen;
    chosen = present;
    return builder
        .sslProvider(present)
        .keyStoreType(KEY_STORE)
        .protocols("TLSv1.3", "TLSv1.2")
        .ciphers(SUITES, SupportedCipherSuiteFilter.INSTANCE)
        .applicationProtocolConfig(
            new ApplicationProtocolConfig(
                Protocol.ALPN,
                SelectorFailureBehavior.NO_ADVERTISE,
                SelectedListenerFailureBehavior.ACCEPT,
                protocols))
        .sessionCacheSize(MAX_SESSIONS)
        .sessionTimeout(SESSION_LIFE.toSeconds());
  }
}
