package io.fairlead.proxy.loop;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.net.SocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The ends of connections that the data plane has opened, so that it knows its own when a rule of
 * the kernel leads them back to it. Safe for all threads.
 */
public final class OwnConnections {
  private final Set<SocketAddress> ends = ConcurrentHashMap.newKeySet();

  OwnConnections() {}

  /** Whether a connection from this address was opened here. */
  public boolean contains(SocketAddress address) {
    return ends.contains(address);
  }

  <C extends Channel> C watch(C channel) {
    channel.pipeline().addLast(new Watch());
    return channel;
  }

  /** Its end is known before it is connected, though perhaps after the other side has seen it. */
  private final class Watch extends ChannelOutboundHandlerAdapter {
    @Override
    public void connect(
        ChannelHandlerContext context,
        SocketAddress remote,
        SocketAddress local,
        ChannelPromise promise) {
      context.connect(remote, local, promise);
      SocketAddress own = context.channel().localAddress();
      if (own != null && ends.add(own)) {
        context.channel().closeFuture().addListener(gone -> ends.remove(own));
      }
      if (!context.isRemoved()) {
        context.pipeline().remove(this);
      }
    }
  }
}
