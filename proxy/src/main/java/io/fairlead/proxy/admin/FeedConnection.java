package io.fairlead.proxy.admin;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.ReadTimeoutHandler;
import org.jspecify.annotations.Nullable;

/** A connection whose last answer is a feed. Belongs to the side loop. */
final class FeedConnection extends ChannelInboundHandlerAdapter implements AdminFeed.Sink {
  private final AdminFeed feed;
  private @Nullable ChannelHandlerContext context;
  private boolean over;

  FeedConnection(AdminFeed feed) {
    this.feed = feed;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  private ChannelHandlerContext context() {
    ChannelHandlerContext present = context;
    if (present == null) {
      throw new IllegalStateException("the feed has no connection");
    }
    return present;
  }

  void begin(String type) {
    ChannelHandlerContext to = context();
    if (!to.channel().isActive()) {
      channelInactive(to);
      return;
    }
    // The client has nothing more to say, and that is no reason to leave it.
    to.pipeline().remove(ReadTimeoutHandler.class);
    var head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    head.headers()
        .set(HttpHeaderNames.CONTENT_TYPE, type)
        .set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED)
        .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    to.writeAndFlush(head);
    feed.start(this);
  }

  @Override
  public boolean isWritable() {
    return context().channel().isWritable();
  }

  @Override
  public void write(byte[] octets) {
    context().writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(octets)));
  }

  @Override
  public void end() {
    over = true;
    context()
        .writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT)
        .addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext changed) {
    if (changed.channel().isWritable() && !over) {
      feed.writable();
    }
    changed.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext closed) {
    if (!over) {
      over = true;
      feed.closed();
    }
    closed.fireChannelInactive();
  }
}
