package io.fairlead.proxy.exchange;

import io.netty.buffer.ByteBuf;

/** The way to an endpoint that one attempt has for itself. Belongs to the attempt's loop. */
public interface UpstreamStream {
  /** Sends octets of the request on and releases them; they leave at the end of the turn. */
  void send(ByteBuf octets);

  /** Whether more may be sent without filling memory. */
  boolean isWritable();

  /** Octets that wait to be sent. */
  default long heldBytes() {
    return 0;
  }

  /** Stops or starts reading the answer. */
  void pause();

  /** Reads the answer on after {@link #pause}. */
  void resume();

  /** From now on octets go both ways, and nothing is read in them. */
  void tunnel();

  /** Tells the endpoint that nothing more will come; what it sends is still read. */
  void endOutput();

  /** Closes the tunnel once everything is sent, or after a short time. */
  void endTunnel();

  /** Gives the attempt up: the rest of the answer is of no use. */
  void cancel();
}
