package io.fairlead.proxy.tls;

import io.fairlead.traffic.HostPort;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import java.lang.ref.Reference;

/**
 * Makes the TLS side of connections to a cluster. Immutable; safe for all threads. A changed
 * certificate is another context, so connections made by one stand for the other's only if both are
 * the same object.
 */
public final class ClientTlsContext {
  private final SslContext context;
  private final String serverName;

  ClientTlsContext(SslContext context, String serverName) {
    this.context = context;
    this.serverName = serverName;
  }

  /**
   * A handler for one connection; it verifies the server before any request is sent. Sessions are
   * resumed per server name or address.
   */
  public SslHandler newHandler(ByteBufAllocator allocator, HostPort endpoint) {
    try {
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
