package io.fairlead.proxy.upstream;

import io.fairlead.proxy.http1.ResponseParser;
import io.fairlead.proxy.http2.Http2HeadWriter.Scheme;
import io.fairlead.proxy.loop.Input;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.proxy.tls.ClientTlsContext;
import io.fairlead.traffic.HealthCheck.Probe;
import io.fairlead.traffic.HealthCheck.Statuses;
import io.fairlead.traffic.HostPort;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks one endpoint once, on a connection of its own, and tells the outcome once. Belongs to its
 * loop.
 */
final class EndpointProbe extends ChannelInboundHandlerAdapter {
  /** What came of a probe. */
  enum Outcome {
    PASSED,
    /** No connection, no answer in time, or something that is no answer. */
    FAILED,
    /** The endpoint itself said no. */
    REFUSED
  }

  private final Loop loop;
  private final Probe probe;
  private final String host;
  private final Consumer<Outcome> told;
  private final Input input = new Input();
  private @Nullable Channel channel;
  private Loop.@Nullable Timer deadline;
  private boolean secured;
  private boolean over;

  /**
   * @param cluster its name is sent where the probe names no host
   * @param told on the loop, never during {@link #start}
   */
  EndpointProbe(Loop loop, Probe probe, String cluster, Consumer<Outcome> told) {
    this.loop = loop;
    this.probe = probe;
    host = cluster;
    this.told = told;
  }

  /** Begins; all together may take as long as the timeout. */
  void start(Loops loops, HostPort endpoint, Duration timeout, @Nullable ClientTlsContext tls) {
    deadline = loop.schedule(() -> end(Outcome.FAILED), timeout.toNanos());
    var connecting =
        loops
            .client(loop, timeout)
            .resolver(Resolver.GROUP)
            .handler(initializer(endpoint, tls))
            .connect(Resolver.address(endpoint));
    channel = connecting.channel();
    connecting.addListener(
        done -> {
          if (!done.isSuccess()) {
            loop.execute(() -> end(Outcome.FAILED));
          }
        });
  }

  private ChannelInitializer<Channel> initializer(
      HostPort endpoint, @Nullable ClientTlsContext tls) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel made) {
        if (tls != null) {
          secured = true;
          made.pipeline().addLast(tls.newHandler(made.alloc(), endpoint));
        }
        made.pipeline().addLast(EndpointProbe.this);
      }
    };
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    if (!secured) {
      ask(context);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof SslHandshakeCompletionEvent handshake) {
      if (handshake.isSuccess()) {
        ask(context);
      } else {
        end(Outcome.FAILED);
      }
    }
  }

  private void ask(ChannelHandlerContext context) {
    if (over) {
      return;
    }
    switch (probe) {
      case Probe.Tcp() -> end(Outcome.PASSED);
      case Probe.Grpc grpc -> {
        var question = new HealthQuestion(loop, grpc, host, this::end);
        context.pipeline().remove(this);
        question.start(context.pipeline(), secured ? Scheme.HTTPS : Scheme.HTTP);
      }
      case Probe.Http(var named, var path, var expected) -> {
        String request =
            "GET "
                + path
                + " HTTP/1.1\r\nhost: "
                + (named.isEmpty() ? host : named)
                + "\r\nuser-agent: fairlead-health-check\r\nconnection: close\r\n\r\n";
        byte[] octets = request.getBytes(StandardCharsets.ISO_8859_1);
        context.writeAndFlush(Unpooled.wrappedBuffer(octets), context.voidPromise());
      }
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf octets = (ByteBuf) message;
    if (over) {
      octets.release();
      return;
    }
    input.append(loop.allocator(), octets);
    while (!over && !input.isEmpty()) {
      int length = loop.responses().parse(input.octets());
      if (length == ResponseParser.INCOMPLETE) {
        return;
      }
      if (length == ResponseParser.FAULTY) {
        end(Outcome.FAILED);
        return;
      }
      int status = loop.responses().head().status();
      input.skip(length);
      if (status >= 200) {
        end(isExpected(status) ? Outcome.PASSED : Outcome.REFUSED);
      }
    }
  }

  private boolean isExpected(int status) {
    if (probe instanceof Probe.Http http) {
      for (Statuses range : http.expected()) {
        if (status >= range.from() && status <= range.to()) {
          return true;
        }
      }
    }
    return false;
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end(Outcome.FAILED);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    end(Outcome.FAILED);
  }

  private void end(Outcome outcome) {
    if (!over) {
      cancel();
      told.accept(outcome);
    }
  }

  /** Gives it up without an outcome. */
  void cancel() {
    over = true;
    input.clear();
    if (deadline != null) {
      deadline.cancel();
    }
    if (channel != null) {
      channel.close();
    }
  }
}
