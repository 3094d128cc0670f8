package io.fairlead.proxy.downstream;

import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.loop.Input;
import io.fairlead.proxy.loop.LazyTimer;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.route.TcpRouter;
import io.fairlead.proxy.tls.ClientHello;
import io.fairlead.proxy.tls.ServerTlsContext;
import io.fairlead.proxy.tls.TlsFailure;
import io.fairlead.traffic.Intake;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import org.jspecify.annotations.Nullable;

/**
 * A connection of which it is not known yet what it speaks. It reads the header of a proxy in
 * front, looks at the octets behind it until they tell TLS, HTTP and anything else apart, and gives
 * way to what serves the connection, which gets every octet that was looked at.
 *
 * <p>Where TCP is possible the client may be one that waits for the server to speak, so silence is
 * an answer too, after a bounded time. Belongs to its loop.
 */
final class Arrival extends ChannelInboundHandlerAdapter implements ClientLink {
  private final ListenerPort port;
  private final Loop loop;
  private final Channel channel;
  private final Entrance entrance;
  private final @Nullable ServerTlsContext tls;
  private final Input input = new Input();
  private final LazyTimer timer;
  private Client client;
  private boolean awaitsHeader;
  private boolean awaitsHello;
  private boolean inputClosed;
  private boolean over;

  /** Whether more can come before it must be decided. */
  private enum Moment {
    EARLY,
    LAST
  }

  Arrival(ListenerPort port, Loop loop, Channel channel, Client client, ListenerPort.Ways ways) {
    this.port = port;
    this.loop = loop;
    this.channel = channel;
    this.client = client;
    entrance = ways.entrance();
    tls = ways.tls();
    awaitsHeader = entrance.readsProxyHeader();
    timer = new LazyTimer(loop, () -> look(channel.pipeline().context(this), Moment.LAST));
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    if (port.isClosed()) {
      context.close();
      return;
    }
    if (awaitsHeader && entrance.intake().proxyProtocol() == Intake.ProxyHeader.REQUIRED) {
      timer.set(loop.nanos() + port.timeouts().headNanos());
    } else {
      awaitFirst(context);
    }
  }

  private void awaitFirst(ChannelHandlerContext context) {
    TcpRouter tcp = entrance.tcp();
    boolean silence = tcp != null && tcp.takesRest();
    long detection = entrance.intake().detection().toNanos();
    if (silence && detection == 0 && !awaitsHeader) {
      look(context, Moment.LAST);
    } else {
      timer.set(loop.nanos() + (silence ? detection : port.timeouts().idleNanos()));
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (over) {
      context.fireChannelRead(message);
      return;
    }
    input.append(loop.allocator(), (ByteBuf) message);
    look(context, Moment.EARLY);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (over || !(event instanceof ChannelInputShutdownEvent)) {
      context.fireUserEventTriggered(event);
      return;
    }
    inputClosed = true;
    look(context, Moment.LAST);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    leave();
    input.clear();
    context.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (over) {
      context.fireExceptionCaught(cause);
    } else {
      port.failed(cause);
      context.close();
    }
  }

  private void leave() {
    over = true;
    timer.close();
    port.closed(this);
  }

  private void look(ChannelHandlerContext context, Moment moment) {
    if (over || awaitsHeader && !readHeader(context, moment)) {
      return;
    }
    if (!entrance.detects(tls)) {
      handOver(context, tls, entrance.speaksHttp() ? null : rest());
      return;
    }
    ByteBuf octets = input.octets();
    if (!octets.isReadable()) {
      if (moment == Moment.LAST) {
        silent(context);
      }
    } else if (ClientHello.mayBegin(octets.getByte(octets.readerIndex()))) {
      secured(context, octets, moment);
    } else {
      plain(context, octets, moment);
    }
  }

  /** Whether it is known who the client is, and the connection goes on. */
  private boolean readHeader(ChannelHandlerContext context, Moment moment) {
    boolean required = entrance.intake().proxyProtocol() == Intake.ProxyHeader.REQUIRED;
    switch (ProxyHeader.read(input.octets())) {
      case ProxyHeader.Result.Incomplete unfinished -> {
        if (moment == Moment.EARLY) {
          return false;
        }
        if (required || !input.isEmpty()) {
          refuseHeader(context);
          return false;
        }
      }
      case ProxyHeader.Result.Absent none -> {
        if (required) {
          refuseHeader(context);
          return false;
        }
      }
      case ProxyHeader.Result.Faulty broken -> {
        refuseHeader(context);
        return false;
      }
      case ProxyHeader.Result.Present present -> {
        input.skip(present.length());
        client = client.behind(present.source(), present.destination());
      }
    }
    awaitsHeader = false;
    if (moment == Moment.EARLY && input.isEmpty() && entrance.detects(tls)) {
      awaitFirst(context);
      return false;
    }
    return !over;
  }

  private void refuseHeader(ChannelHandlerContext context) {
    port.counters().refuseHeader();
    context.close();
  }

  private @Nullable Target rest() {
    TcpRouter tcp = entrance.tcp();
    return tcp == null ? null : tcp.rest(loop, client.ends());
  }

  /** The client said nothing: perhaps it waits for the server. */
  private void silent(ChannelHandlerContext context) {
    Target rest = rest();
    if (rest != null) {
      handOver(context, entrance.speaksHttp() ? null : tls, rest);
    } else {
      context.close();
    }
  }

  private void secured(ChannelHandlerContext context, ByteBuf octets, Moment moment) {
    TcpRouter tcp = entrance.tcp();
    if (tcp != null && tcp.readsNames()) {
      switch (ClientHello.read(octets)) {
        case ClientHello.Result.Incomplete unfinished -> {
          awaitHello(context, moment);
          return;
        }
        case ClientHello.Result.Faulty broken -> {
          port.counters().failHandshake(TlsFailure.PROTOCOL);
          context.close();
          return;
        }
        case ClientHello.Result.Plain none -> {
          plain(context, octets, moment);
          return;
        }
        case ClientHello.Result.Named(var serverName) -> {
          Target named = tcp.named(serverName, loop);
          if (named != null) {
            client = client.named(serverName);
            handOver(context, null, named);
            return;
          }
        }
      }
    }
    if (tls != null) {
      handOver(context, tls, entrance.speaksHttp() ? null : rest());
    } else {
      handOverOrClose(context, rest());
    }
  }

  private void awaitHello(ChannelHandlerContext context, Moment moment) {
    if (moment == Moment.LAST && (awaitsHello || inputClosed)) {
      port.counters().failHandshake(inputClosed ? TlsFailure.CLOSED : TlsFailure.TIMEOUT);
      context.close();
    } else if (!awaitsHello) {
      // It has begun to speak, so it has the time that anybody has for a beginning.
      awaitsHello = true;
      timer.set(loop.nanos() + port.timeouts().headNanos());
    }
  }

  private void plain(ChannelHandlerContext context, ByteBuf octets, Moment moment) {
    Target rest = rest();
    boolean refused = tls != null && !entrance.servesPlainText();
    if (!entrance.speaksHttp()) {
      // With TLS it fails there, and is counted.
      handOver(context, refused ? tls : null, rest);
    } else if (rest == null) {
      handOver(context, refused ? tls : null, null);
    } else if (refused) {
      handOver(context, null, rest);
    } else {
      switch (HttpSniffer.read(octets)) {
        case HTTP -> handOver(context, null, null);
        case OTHER -> handOver(context, null, rest);
        case UNDECIDED -> {
          if (moment == Moment.LAST) {
            handOver(context, null, rest);
          }
        }
      }
    }
  }

  private void handOverOrClose(ChannelHandlerContext context, @Nullable Target rest) {
    if (rest != null) {
      handOver(context, null, rest);
    } else {
      port.counters().refuseServer();
      context.close();
    }
  }

  /** Gives way to what serves the connection: HTTP, or TCP if there is a target. */
  private void handOver(
      ChannelHandlerContext context, @Nullable ServerTlsContext secured, @Nullable Target target) {
    if (target == null && !entrance.speaksHttp()) {
      port.counters().refuseServer();
      context.close();
      return;
    }
    leave();
    port.serve(channel, loop, client, secured, target);
    context.fireChannelActive();
    if (!input.isEmpty()) {
      context.fireChannelRead(input.take(input.length()));
      context.fireChannelReadComplete();
    }
    if (inputClosed) {
      context.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    }
    if (!context.isRemoved()) {
      context.pipeline().remove(this);
    }
  }

  @Override
  public void drain() {
    if (!over && input.isEmpty()) {
      channel.close();
    }
  }

  @Override
  public void identified(Peer verified) {
    throw new IllegalStateException("TLS has not begun");
  }
}
