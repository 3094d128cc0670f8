package io.fairlead.proxy.downstream;

import io.fairlead.proxy.exchange.Downstream;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Method;
import io.fairlead.proxy.loop.Input;
import io.fairlead.proxy.loop.LazyTimer;
import io.fairlead.proxy.loop.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import org.jspecify.annotations.Nullable;

/**
 * A connection of a client that is passed on octet by octet: one exchange that is a tunnel from its
 * beginning. What the client sends before there is a connection to an endpoint waits, and one that
 * cannot be had closes the client's. Belongs to its loop.
 */
final class TcpConnection extends ChannelInboundHandlerAdapter implements Downstream, ClientLink {
  private final ListenerPort port;
  private final Loop loop;
  private final Channel channel;
  private final Target target;
  private final Input input = new Input();
  private final LazyTimer timer;
  private final Reading reading;
  private Peer peer;
  private @Nullable Exchange exchange;
  private boolean inputClosed;
  private boolean pumping;
  private boolean begun;

  TcpConnection(ListenerPort port, Loop loop, Channel channel, Peer peer, Target target) {
    this.port = port;
    this.loop = loop;
    this.channel = channel;
    this.peer = peer;
    this.target = target;
    timer = new LazyTimer(loop, this::onTime);
    reading = new Reading(channel);
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    if (port.isClosed()) {
      channel.close();
    } else if (peer.security() == Peer.Security.PLAIN_TEXT) {
      begin();
    }
  }

  /** With TLS it begins here, since nobody is connected to for a client that proves nothing. */
  @Override
  public void identified(Peer verified) {
    peer = verified;
    begin();
  }

  private void begin() {
    begun = true;
    BodyReader none = new BodyReader(port.http1Limits());
    Exchange next = new Exchange(loop, this, port.stack(), peer, none, 0, Method.CONNECT);
    exchange = next;
    next.begin(target);
    if (exchange == next) {
      timer.set(next.dueNanos());
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf octets = (ByteBuf) message;
    if (begun && exchange == null) {
      octets.release();
      return;
    }
    port.counters().received(octets.readableBytes());
    input.append(loop.allocator(), octets);
    pump();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    boolean ended = event instanceof SslCloseCompletionEvent end && end.isSuccess();
    if (ended || event instanceof ChannelInputShutdownEvent) {
      inputClosed = true;
      pump();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (exchange != null && channel.isWritable()) {
      exchange.downstreamWritable();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    Exchange present = exchange;
    exchange = null;
    begun = true;
    if (present != null) {
      present.cancel();
    }
    timer.close();
    input.clear();
    port.closed(this);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    port.failed(cause);
    channel.close();
  }

  private void pump() {
    if (pumping) {
      return;
    }
    pumping = true;
    try {
      Exchange present = exchange;
      while (present != null && present.isTunnel() && !input.isEmpty() && present.wantsBody()) {
        present.body(input);
        present = exchange;
      }
      if (present != null && !input.isEmpty()) {
        reading.pause();
      } else if (present != null && inputClosed && present.isTunnel()) {
        present.clientEnded();
      } else if (!inputClosed) {
        reading.resume();
      }
    } finally {
      pumping = false;
    }
  }

  private void onTime() {
    Exchange present = exchange;
    if (present != null) {
      present.checkTime();
      if (exchange == present) {
        timer.set(present.dueNanos());
      }
    } else if (begun) {
      channel.close();
    }
  }

  // What the exchange tells

  @Override
  public Protocol protocol() {
    return Protocol.TCP;
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public void due() {
    if (exchange != null) {
      timer.set(exchange.dueNanos());
    }
  }

  @Override
  public void resume() {
    pump();
  }

  @Override
  public void tunnelled() {
    port.counters().passOn();
    pump();
  }

  @Override
  public void answerBody(Input from, int count) {
    port.counters().sent(count);
    channel.write(from.take(count), channel.voidPromise());
    loop.flushLater(channel);
  }

  @Override
  public boolean endOutput() {
    return peer.security() == Peer.Security.PLAIN_TEXT && ListenerPort.endOutput(channel);
  }

  /** There is no connection to an endpoint, and no way to say why. */
  @Override
  public void reply(LocalReply reply) {
    port.counters().failToPassOn(reply.reason());
  }

  @Override
  public void ended() {
    exchange = null;
    input.clear();
    timer.set(loop.nanos() + port.timeouts().headNanos());
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void abort() {
    exchange = null;
    input.clear();
    ListenerPort.reset(channel);
  }

  @Override
  public void informational(Head head, Input from, int headLength) {
    throw noHttp();
  }

  @Override
  public void answer(Head head, Input from, int headLength, int follow, BodyReader body) {
    throw noHttp();
  }

  private static IllegalStateException noHttp() {
    return new IllegalStateException("there is no HTTP in a connection that is passed on");
  }

  // What the port tells

  /** A tunnel is in the middle of something as long as it is there. */
  @Override
  public void drain() {
    if (!begun) {
      channel.close();
    }
  }

  @Override
  public long heldBytes() {
    return input.length() + (exchange == null ? 0 : exchange.heldBytes());
  }
}
