package io.fairlead.proxy.loop;

import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.overload.MemoryGauge;
import io.fairlead.proxy.overload.Overload;
import io.fairlead.proxy.overload.OverloadSettings;
import io.fairlead.resilience.Ticker;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The event loops of a data plane, on epoll where it is there and on NIO elsewhere. Safe for all
 * threads.
 */
public final class Loops implements AutoCloseable {
  private final EventLoopGroup group;
  private final Ticker ticker;
  private final List<Loop> loops;
  private final Class<? extends ServerChannel> serverChannel;
  private final boolean epoll;
  private final String transport;
  private final PooledByteBufAllocator allocator = PooledByteBufAllocator.DEFAULT;
  private final Overload overload;
  private volatile @Nullable OwnConnections own;

  /** Starts the threads at first use; {@code count} of them, within the bounds of this process. */
  public Loops(int count, Ticker ticker, Http1Limits limits) {
    this(count, ticker, limits, OverloadSettings.defaults());
  }

  /** Starts the threads at first use; {@code count} of them. */
  public Loops(int count, Ticker ticker, Http1Limits limits, OverloadSettings bounds) {
    this.ticker = ticker;
    overload = new Overload(bounds, allocator::pinnedDirectMemory);
    epoll = Epoll.isAvailable();
    IoHandlerFactory factory = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    group =
        new MultiThreadIoEventLoopGroup(
            count, new DefaultThreadFactory("fairlead-loop", true), factory);
    serverChannel = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    transport = epoll ? "epoll" : "nio";
    List<Loop> made = new ArrayList<>(count);
    for (var executor : group) {
      MemoryGauge memory = new MemoryGauge(overload, count);
      made.add(new Loop(made.size(), (EventLoop) executor, allocator, ticker, limits, memory));
    }
    loops = List.copyOf(made);
  }

  /** The loops by their index. */
  public List<Loop> all() {
    return loops;
  }

  /** How much of its bounds the process uses. */
  public Overload overload() {
    return overload;
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

  /**
   * What every accepting socket has; the handler and the address are the caller's, who has each
   * connection prepared by its loop.
   */
  public ServerBootstrap server() {
    return new ServerBootstrap()
        .group(group)
        .channel(serverChannel)
        .option(ChannelOption.SO_BACKLOG, 1_024)
        .option(ChannelOption.SO_REUSEADDR, true)
        .childOption(ChannelOption.ALLOCATOR, allocator)
        .childOption(ChannelOption.TCP_NODELAY, true);
  }

  /**
   * What every connection that a loop opens has. A failed write does not close it: an answer that
   * came before may still have to be read.
   */
  public Bootstrap client(Loop loop, Duration connectTimeout) {
    return new Bootstrap()
        .group(loop.eventLoop())
        .channelFactory(() -> loop.adopt(newSocket()))
        .option(ChannelOption.AUTO_CLOSE, false)
        .option(ChannelOption.ALLOCATOR, allocator)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(
            ChannelOption.CONNECT_TIMEOUT_MILLIS,
            Math.clamp(connectTimeout.toMillis(), 1, Integer.MAX_VALUE));
  }

  private Channel newSocket() {
    Channel socket = epoll ? new EpollSocketChannel() : new NioSocketChannel();
    OwnConnections wanted = own;
    return wanted == null ? socket : wanted.watch(socket);
  }

  /** The connections that are opened from the first call on. */
  public synchronized OwnConnections own() {
    OwnConnections present = own;
    if (present == null) {
      present = new OwnConnections();
      own = present;
    }
    return present;
  }

  /** Stops the loops; connections are closed. */
  @Override
  public void close() {
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(10, TimeUnit.SECONDS);
  }
}
