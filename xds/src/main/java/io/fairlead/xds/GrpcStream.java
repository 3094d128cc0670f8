package io.fairlead.xds;

import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the data of a gRPC stream into messages. Confined to its event loop.
 *
 * <p>A message is a flag for compression, which we never ask for, four bytes of length, and the
 * bytes (gRPC over HTTP/2, Length-Prefixed-Message).
 */
final class GrpcStream extends ChannelInboundHandlerAdapter {
  private static final int PREFIX = 5;

  private final AdsClient client;
  private final int maxMessageBytes;
  private @Nullable CompositeByteBuf buffer;

  GrpcStream(AdsClient client, int maxMessageBytes) {
    this.client = client;
    this.maxMessageBytes = maxMessageBytes;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    switch (message) {
      case Http2DataFrame data -> {
        append(context, data.content().retain());
        ReferenceCountUtil.release(data);
        if (data.isEndStream()) {
          client.streamFailed("the control plane ended the stream");
        }
      }
      case Http2HeadersFrame headers -> headers(headers);
      case Http2ResetFrame reset -> client.streamFailed("reset with code " + reset.errorCode());
      default -> ReferenceCountUtil.release(message);
    }
  }

  private void headers(Http2HeadersFrame frame) {
    var status = frame.headers().get("grpc-status");
    var httpStatus = frame.headers().status();
    if (status != null) {
      client.streamFailed("grpc-status " + status + " " + frame.headers().get("grpc-message"));
    } else if (httpStatus != null && !httpStatus.toString().equals("200")) {
      client.streamFailed("HTTP status " + httpStatus);
    }
  }

  private void append(ChannelHandlerContext context, ByteBuf content) {
    var all = buffer;
    if (all == null) {
      all = context.alloc().compositeBuffer(1024);
      buffer = all;
    }
    all.addComponent(true, content);
    while (all.readableBytes() >= PREFIX) {
      int at = all.readerIndex();
      long length = all.getUnsignedInt(at + 1);
      if (all.getByte(at) != 0 || length > maxMessageBytes) {
        client.streamFailed("message of " + length + " bytes, or compressed, is refused");
        return;
      }
      if (all.readableBytes() < PREFIX + length) {
        return;
      }
      var bytes = new byte[(int) length];
      all.skipBytes(PREFIX).readBytes(bytes);
      all.discardReadComponents();
      client.receive(UnsafeByteOperations.unsafeWrap(bytes));
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    var all = buffer;
    buffer = null;
    if (all != null) {
      all.release();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    client.streamFailed(cause.toString());
  }
}
