package io.fairlead.xds;

import io.fairlead.traffic.HostPort;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One POST over a connection of its own, with the TLS that the streams to the control plane have:
 * that of the JDK takes longer to load than all else that a start needs.
 */
final class HttpsExchange {
  private static final int MAX_REPLY = 1 << 20;

  private HttpsExchange() {}

  /** What the server said. */
  record Reply(int status, String body) {}

  /**
   * Blocks until there is a reply.
   *
   * @param authorization of the request, or empty for none
   * @throws IOException if there is none within the bound, or it is longer than 1 MiB
   */
  static Reply post(
      HostPort server,
      SslContext tls,
      String path,
      String authorization,
      String json,
      Duration bound)
      throws IOException, InterruptedException {
    var request = request(server, path, authorization, json);
    var reply = new CompletableFuture<Reply>();
    var loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    try {
      new Bootstrap()
          .group(loop)
          .channel(NioSocketChannel.class)
          .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) bound.toMillis())
          .handler(
              new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel channel) {
                  channel
                      .pipeline()
                      .addLast(tls.newHandler(channel.alloc(), server.host(), server.port()))
                      .addLast(new HttpClientCodec())
                      .addLast(new HttpObjectAggregator(MAX_REPLY))
                      .addLast(new ReplyReader(reply));
                }
              })
          .connect(server.host(), server.port())
          .addListener((ChannelFuture connected) -> send(connected, request, reply));
      return reply.get(bound.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException failed) {
      throw new IOException("no reply of " + server + ": " + failed.getCause(), failed.getCause());
    } catch (TimeoutException late) {
      throw new IOException("no reply of " + server + " within " + bound, late);
    } finally {
      loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }

  private static FullHttpRequest request(
      HostPort server, String path, String authorization, String json) {
    var body = Unpooled.copiedBuffer(json, StandardCharsets.UTF_8);
    var request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, path, body);
    request
        .headers()
        .set(HttpHeaderNames.HOST, server.toString())
        .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
        .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
        .set(HttpHeaderNames.CONNECTION, "close");
    if (!authorization.isEmpty()) {
      request.headers().set(HttpHeaderNames.AUTHORIZATION, authorization);
    }
    return request;
  }

  private static void send(
      ChannelFuture connected, FullHttpRequest request, CompletableFuture<Reply> reply) {
    if (!connected.isSuccess()) {
      request.release();
      reply.completeExceptionally(connected.cause());
      return;
    }
    connected
        .channel()
        .writeAndFlush(request)
        .addListener(
            sent -> {
              if (!sent.isSuccess()) {
                reply.completeExceptionally(sent.cause());
              }
            });
  }

  /** Whatever comes first decides: a reply, a failure, or the end of the connection. */
  private static final class ReplyReader extends SimpleChannelInboundHandler<FullHttpResponse> {
    private final CompletableFuture<Reply> reply;

    ReplyReader(CompletableFuture<Reply> reply) {
      this.reply = reply;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpResponse response) {
      var body = response.content().toString(StandardCharsets.UTF_8);
      reply.complete(new Reply(response.status().code(), body));
      context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      reply.completeExceptionally(new IOException("the connection was closed"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
      reply.completeExceptionally(failure);
      context.close();
    }
  }
}
