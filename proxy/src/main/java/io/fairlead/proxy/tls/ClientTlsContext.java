package io.fairlead.proxy.tls;

import io.fairlead.traffic.HostPort;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import java.lang.ref.Reference;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Makes the TLS side of connections to a cluster. Immutable; safe for all threads. A changed
 * certificate is another context, so connections made by one stand for the other's only if both are
 * the same object.
 */
public final class ClientTlsContext {
  private final Maker maker;
  private final String serverName;
  private volatile @Nullable SslContext context;

  /** Makes the native part. */
  @FunctionalInterface
  interface Maker {
    /**
     * The native part of this object, which goes with it; called once at most unless it throws.
     *
     * @throws SSLException if the library cannot use what it is made of
     */
    SslContext make(ClientTlsContext owner) throws SSLException;
  }

  /**
   * A context without its native part, of which a proxy would have thousands and use few: the first
   * connection makes it.
   */
  ClientTlsContext(Maker maker, String serverName) {
    this.maker = maker;
    this.serverName = serverName;
  }

  /**
   * Makes the native part if there is none yet.
   *
   * @throws SSLException if the library cannot use what it is made of
   */
  synchronized SslContext make() throws SSLException {
    SslContext present = context;
    if (present == null) {
      present = maker.make(this);
      context = present;
    }
    return present;
  }

  /** Whether the native part is there. */
  boolean isMade() {
    return context != null;
  }

  private SslContext context() {
    SslContext present = context;
    try {
      return present == null ? make() : present;
    } catch (SSLException e) {
      // One of the same certificate and roots was made when the configuration was.
      throw new IllegalStateException("TLS to " + serverName + " cannot be set up", e);
    }
  }

  /**
   * A handler for one connection; it verifies the server before any request is sent. Sessions are
   * resumed per server name or address.
   */
  public SslHandler newHandler(ByteBufAllocator allocator, HostPort endpoint) {
    try {
      SslContext context = context();
      if (!serverName.isEmpty()) {
        return context.newHandler(allocator, serverName, endpoint.port());
      }
      // Only an address is never sent as SNI.
      return NetUtil.isValidIpV4Address(endpoint.host())
          ? context.newHandler(allocator, endpoint.host(), endpoint.port())
          : context.newHandler(allocator);
    } finally {
      // The native context goes with this object, so it must stay until the engine holds its own.
      Reference.reachabilityFence(this);
    }
  }
}
