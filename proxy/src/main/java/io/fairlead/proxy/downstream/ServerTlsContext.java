package io.fairlead.proxy.downstream;

import io.fairlead.proxy.exchange.Peer;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslHandler;

/** Makes the TLS side of new connections, with the certificate that is current then. */
public interface ServerTlsContext {
  /** A handler for one connection. */
  SslHandler newHandler(ByteBufAllocator allocator);

  /** Who the client proved to be; called when the handshake is done. */
  Peer peer(String address, SslHandler handler);
}
