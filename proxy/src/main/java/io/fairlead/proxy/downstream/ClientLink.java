package io.fairlead.proxy.downstream;

import io.fairlead.proxy.exchange.Peer;

/** A connection of a client, of whatever protocol, as its port sees it. */
interface ClientLink {
  /** Takes no new requests and ends with those that are under way; on the connection's loop. */
  void drain();

  /** Ends at once, whatever goes on; on the connection's loop. */
  void closeNow();

  /** Runs the task where the connection belongs; from any thread. */
  void execute(Runnable task);

  /** A TLS handshake told who the client is. */
  default void identified(Peer verified) {}
}
