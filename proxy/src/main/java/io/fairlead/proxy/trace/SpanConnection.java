package io.fairlead.proxy.trace;

import io.fairlead.proxy.loop.SideLoop;
import io.fairlead.proxy.upstream.Resolver;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One kept connection to an OTLP receiver, with one request at a time. Belongs to the side loop.
 */
final class SpanConnection {
  private static final int MAX_ANSWER_BYTES = 64 << 10;
  private static final int DEFAULT_PORT = 80;

  private final EventLoop loop;
  private final Bootstrap bootstrap;
  private final String host;
  private final String path;
  private final long timeoutNanos;
  private @Nullable Channel channel;
  private @Nullable Consumer<Outcome> waiting;
  private @Nullable Future<?> timeout;

  /** What became of a request. */
  sealed interface Outcome {
    /** An answer came, whatever it says. */
    record Answered(int status) implements Outcome {}

    /** No answer came. */
    record Failed(String why) implements Outcome {}
  }

  SpanConnection(SideLoop side, URI endpoint, Duration timeout) {
    loop = side.eventLoop();
    timeoutNanos = timeout.toNanos();
    int port = endpoint.getPort() < 0 ? DEFAULT_PORT : endpoint.getPort();
    String name = endpoint.getHost().replaceAll("[\\[\\]]", "");
    host = endpoint.getHost() + ":" + port;
    String base = endpoint.getRawPath() == null ? "" : endpoint.getRawPath();
    path = (base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + "/v1/traces";
    bootstrap =
        side.client()
            .resolver(Resolver.GROUP)
            .remoteAddress(InetSocketAddress.createUnresolved(name, port))
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel opened) {
                    opened
                        .pipeline()
                        .addLast(
                            new HttpClientCodec(),
                            new HttpObjectAggregator(MAX_ANSWER_BYTES),
                            new Answers());
                  }
                });
  }

  /** Sends a body; the outcome is told on the loop, exactly once. */
  void post(byte[] body, Consumer<Outcome> outcome) {
    waiting = outcome;
    timeout = loop.schedule(() -> fail("no answer in time"), timeoutNanos, TimeUnit.NANOSECONDS);
    Channel present = channel;
    if (present != null && present.isActive()) {
      write(present, body);
      return;
    }
    var connecting = bootstrap.connect();
    channel = connecting.channel();
    connecting.addListener(
        done -> {
          if (channel != connecting.channel()) {
            connecting.channel().close();
          } else if (done.isSuccess()) {
            write(connecting.channel(), body);
          } else {
            fail(String.valueOf(done.cause().getMessage()));
          }
        });
  }

  private void write(Channel to, byte[] body) {
    var request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1, HttpMethod.POST, path, Unpooled.wrappedBuffer(body));
    request
        .headers()
        .set(HttpHeaderNames.HOST, host)
        .set(HttpHeaderNames.CONTENT_TYPE, "application/x-protobuf")
        .set(HttpHeaderNames.CONTENT_LENGTH, body.length);
    to.writeAndFlush(request)
        .addListener(
            done -> {
              if (!done.isSuccess() && channel == to) {
                fail(String.valueOf(done.cause().getMessage()));
              }
            });
  }

  private final class Answers extends SimpleChannelInboundHandler<FullHttpResponse> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpResponse answer) {
      if (context.channel() != channel) {
        return;
      }
      if (!HttpUtil.isKeepAlive(answer)) {
        close();
      }
      tell(new Outcome.Answered(answer.status().code()));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      if (context.channel() == channel) {
        fail("the connection was closed");
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      if (context.channel() == channel) {
        fail(String.valueOf(cause.getMessage()));
      }
    }
  }

  private void fail(String why) {
    close();
    tell(new Outcome.Failed(why));
  }

  private void tell(Outcome outcome) {
    if (timeout != null) {
      timeout.cancel(false);
      timeout = null;
    }
    Consumer<Outcome> told = waiting;
    waiting = null;
    if (told != null) {
      told.accept(outcome);
    }
  }

  void close() {
    Channel present = channel;
    channel = null;
    if (present != null) {
      present.close();
    }
  }

  @Override
  public String toString() {
    return "http://" + host + path;
  }
}
