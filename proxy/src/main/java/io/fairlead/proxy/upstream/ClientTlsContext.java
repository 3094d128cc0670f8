package io.fairlead.proxy.upstream;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslHandler;

/**
 * Makes the TLS side of new connections to a cluster, with the certificate that is current then.
 * Two are equal if connections made by one may be used in place of the other's.
 */
public interface ClientTlsContext {
  /** A handler for one connection; it verifies the server before any request is sent. */
  SslHandler newHandler(ByteBufAllocator allocator);
}
