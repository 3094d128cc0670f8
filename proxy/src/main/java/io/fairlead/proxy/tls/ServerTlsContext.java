package io.fairlead.proxy.tls;

import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.exchange.Peer.Security;
import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.HeadChanges;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.lang.ref.Reference;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * Makes the TLS side of connections that clients make. Immutable; safe for all threads. A changed
 * certificate is another context.
 */
public final class ServerTlsContext {
  private final SslContext context;
  private final @Nullable PeerNames clients;
  private final Optional<String> own;
  private final Duration handshakeTimeout;

  /**
   * @param clients how certificates of clients are named, or null if none is asked for
   * @param own the URI that this side's certificate carries
   */
  ServerTlsContext(
      SslContext context,
      @Nullable PeerNames clients,
      Optional<String> own,
      Duration handshakeTimeout) {
    this.context = context;
    this.clients = clients;
    this.own = own;
    this.handshakeTimeout = handshakeTimeout;
  }

  /** A handler for one connection; it gives up if the handshake is not done in time. */
  public SslHandler newHandler(ByteBufAllocator allocator) {
    try {
      SslHandler handler = context.newHandler(allocator);
      handler.setHandshakeTimeoutMillis(Math.max(1, handshakeTimeout.toMillis()));
      return handler;
    } finally {
      // The native context goes with this object, so it must stay until the engine holds its own.
      Reference.reachabilityFence(this);
    }
  }

  /** Whether the handshake has chosen HTTP/2. */
  public static boolean isHttp2(SslHandler handler) {
    return ContextFactory.HTTP_2.equals(handler.applicationProtocol());
  }

  /** The server that the client named, or empty. */
  public static String serverName(SslHandler handler) {
    if (handler.engine().getSession() instanceof ExtendedSSLSession session) {
      for (SNIServerName name : session.getRequestedServerNames()) {
        if (name instanceof SNIHostName host) {
          return host.getAsciiName();
        }
      }
    }
    return "";
  }

  /**
   * Who the client proved to be; called once for each connection, when the handshake is done.
   *
   * @throws SSLPeerUnverifiedException if a certificate is required and there is none
   * @throws CertificateException if the certificate does not name a wanted client
   */
  public Peer peer(String address, SslHandler handler)
      throws SSLPeerUnverifiedException, CertificateException {
    if (clients == null) {
      return Peer.unknown(address, Security.TLS);
    }
    var chain = handler.engine().getSession().getPeerCertificates();
    if (!(chain[0] instanceof X509Certificate leaf)) {
      throw new SSLPeerUnverifiedException("the client's certificate is not X.509");
    }
    Optional<String> identity = clients.identify(leaf);
    HeadChanges proof = identity.map(this::proof).orElse(HeadChanges.NONE);
    return new Peer(address, identity, Security.TLS, proof);
  }

  /** The field that tells the workload, in the form that Envoy uses. */
  private HeadChanges proof(String identity) {
    String by = own.map(uri -> "By=" + quote(uri) + ";").orElse("");
    String line = Field.X_FORWARDED_CLIENT_CERT.text() + ": " + by + "URI=" + quote(identity);
    return new HeadChanges(List.of(), List.of(line));
  }

  private static String quote(String value) {
    boolean plain = value.chars().noneMatch(c -> c == ',' || c == ';' || c == '=' || c == '"');
    return plain ? value : '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
