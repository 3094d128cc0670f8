package io.fairlead.xds;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** Closes streams that a server opens, which only server push would do. Stateless. */
@ChannelHandler.Sharable
final class RefusedStreams extends ChannelInboundHandlerAdapter {
  @Override
  public void channelActive(ChannelHandlerContext context) {
    context.close();
  }
}
