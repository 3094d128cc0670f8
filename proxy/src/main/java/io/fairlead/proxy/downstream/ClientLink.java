package io.fairlead.proxy.downstream;

import io.fairlead.proxy.exchange.Peer;
import io.netty.channel.Channel;

/** A connection of a client, of whatever protocol, as its port sees it. */
interface ClientLink {
  Channel channel();

  /** Takes no new requests and ends with those that are under way; on the connection's loop. */
  void drain();

  /** Ends at once, whatever goes on; on the connection's loop. */
  default void closeNow() {
    channel().close();
  }

  /** Runs the task where the connection belongs; from any thread. */
  default void execute(Runnable task) {
    channel().eventLoop().execute(task);
  }

  /** A TLS handshake told who the client is. */
  default void identified(Peer verified) {}
}
