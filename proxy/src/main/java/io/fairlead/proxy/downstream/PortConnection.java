package io.fairlead.proxy.downstream;

import io.fairlead.proxy.exchange.Peer;

/** One connection of a client, as its port sees it. */
interface PortConnection {
  /** Runs the task where the connection belongs; from any thread. */
  void execute(Runnable task);

  /** Ends the connection when nothing is under way on it; where it belongs. */
  void drain();

  /** Closes the connection whatever it does; where it belongs. */
  void closeNow();

  /** A TLS handshake told who the client is. */
  void identified(Peer verified);
}
