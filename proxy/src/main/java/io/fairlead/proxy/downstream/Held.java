package io.fairlead.proxy.downstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;

/** The memory of one connection. Belongs to the connection's loop. */
record Held(ClientLink connection, Channel channel) {
  /** Octets that are held for the client or for what it sent. */
  long bytes() {
    ChannelOutboundBuffer pending = channel.unsafe().outboundBuffer();
    return connection.heldBytes() + (pending == null ? 0 : pending.totalPendingWriteBytes());
  }

  /** Gives it back at once, whatever goes on. */
  void cutOff() {
    // Another one's end may have been its end too.
    if (channel.isOpen()) {
      ListenerPort.reset(channel);
    }
  }
}
