package io.fairlead.proxy.loop;

import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.resilience.Ticker;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The event loops of a data plane, on epoll where it is there and on NIO elsewhere. Safe for all
 * threads.
 */
public final class Loops implements AutoCloseable {
  /** Above it the other side of a connection pair is not read until half of it is written. */
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(128 << 10, 256 << 10);

  private final EventLoopGroup group;
  private final Ticker ticker;
  private final List<Loop> loops;
  private final Class<? extends ServerChannel> serverChannel;
  private final Class<? extends SocketChannel> channel;
  private final String transport;
  private final ByteBufAllocator allocator = PooledByteBufAllocator.DEFAULT;

  /** Starts the threads at first use; {@code count} of them. */
  public Loops(int count, Ticker ticker, Http1Limits limits) {
    this.ticker = ticker;
    boolean epoll = Epoll.isAvailable();
    IoHandlerFactory factory = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    group =
        new MultiThreadIoEventLoopGroup(
            count, new DefaultThreadFactory("fairlead-loop", true), factory);
    serverChannel = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    channel = epoll ? EpollSocketChannel.class : NioSocketChannel.class;
    transport = epoll ? "epoll" : "nio";
    List<Loop> made = new ArrayList<>(count);
    for (var executor : group) {
      made.add(new Loop(made.size(), (EventLoop) executor, allocator, ticker, limits));
    }
    loops = List.copyOf(made);
  }

  /** The loops by their index. */
  public List<Loop> all() {
    return loops;
  }

  /** The clock of all loops, for those who are on none. */
  public long nanos() {
    return ticker.nanos();
  }

  /** How sockets are waited for: {@code epoll} or {@code nio}. */
  public String transport() {
    return transport;
  }

  /** The loop that a channel is registered with. */
  public Loop of(EventLoop eventLoop) {
    for (Loop loop : loops) {
      if (loop.eventLoop() == eventLoop) {
        return loop;
      }
    }
    throw new IllegalArgumentException("eventLoop: is not one of this data plane");
  }

  /** What every accepting socket has; the handler and the address are the caller's. */
  public ServerBootstrap server() {
    return new ServerBootstrap()
        .group(group)
        .channel(serverChannel)
        .option(ChannelOption.SO_BACKLOG, 1_024)
        .option(ChannelOption.SO_REUSEADDR, true)
        .childOption(ChannelOption.ALLOCATOR, allocator)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childOption(ChannelOption.RECVBUF_ALLOCATOR, new ReceiveBuffers())
        .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK);
  }

  /**
   * What every connection that a loop opens has. A failed write does not close it: an answer that
   * came before may still have to be read.
   */
  public Bootstrap client(Loop loop, Duration connectTimeout) {
    return new Bootstrap()
        .group(loop.eventLoop())
        .channel(channel)
        .option(ChannelOption.AUTO_CLOSE, false)
        .option(ChannelOption.ALLOCATOR, allocator)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(
            ChannelOption.CONNECT_TIMEOUT_MILLIS,
            Math.clamp(connectTimeout.toMillis(), 1, Integer.MAX_VALUE))
        .option(ChannelOption.RECVBUF_ALLOCATOR, new ReceiveBuffers())
        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK);
  }

  /** Stops the loops; connections are closed. */
  @Override
  public void close() {
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(10, TimeUnit.SECONDS);
  }
}
