package io.fairlead.proxy.downstream;

import io.fairlead.proxy.exchange.Peer;

/**
 * A connection of a client, of whatever protocol, as its port sees it. All but the port's own
 * bookkeeping happens on the connection's loop.
 */
interface ClientLink {
  /** Takes no new requests and ends with those that are under way. */
  void drain();

  /**
   * Ends with the next answer, which says so. Where the protocol can tell the client, as {@link
   * #drain}; otherwise an idle connection stays, since a request may be on its way.
   */
  default void endSoon() {}

  /** Ends if it has been of use and does nothing now; whether it does. */
  default boolean closeIdle() {
    return false;
  }

  /** Octets that are held for it, but for those that its own channel still has to send. */
  default long heldBytes() {
    return 0;
  }

  /** A TLS handshake told who the client is. */
  default void identified(Peer verified) {}
}
