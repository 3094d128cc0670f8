package io.fairlead.xds;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Finds out that a connection is dead although nothing says so, by a PING (RFC 9113 section 6.7)
 * every ten seconds. Confined to its event loop.
 */
final class PingHandler extends ChannelDuplexHandler {
  private static final long PERIOD_SECONDS = 10;

  private @Nullable ScheduledFuture<?> timer;
  private boolean unanswered;

  @Override
  public void channelActive(ChannelHandlerContext context) {
    timer =
        context
            .executor()
            .scheduleAtFixedRate(
                () -> ping(context), PERIOD_SECONDS, PERIOD_SECONDS, TimeUnit.SECONDS);
    context.fireChannelActive();
  }

  private void ping(ChannelHandlerContext context) {
    if (unanswered) {
      context.close();
      return;
    }
    unanswered = true;
    context.writeAndFlush(new DefaultHttp2PingFrame(PERIOD_SECONDS));
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof Http2PingFrame frame && frame.ack()) {
      unanswered = false;
      return;
    }
    context.fireChannelRead(message);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (timer != null) {
      timer.cancel(false);
    }
    context.fireChannelInactive();
  }
}
