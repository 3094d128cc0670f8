package io.fairlead.proxy.downstream;

import io.fairlead.proxy.loop.PortSharing;
import io.fairlead.traffic.HostPort;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollServerSocketChannelConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket on which a port accepts connections. It pauses when memory is short, and for a moment
 * when a connection cannot be accepted, which is what being out of file descriptors looks like: the
 * connection stays in the kernel's queue, and asking for it again at once would be a busy loop.
 * Safe for all threads.
 */
final class AcceptingSocket {
  private static final Logger LOG = LoggerFactory.getLogger(AcceptingSocket.class);
  private static final long RETRY_MILLIS = 200;

  /** Failures come in thousands; one line for so many retries, which are half a minute. */
  private static final int RETRIES_PER_LINE = 150;

  private final String listener;
  private final PortCounters counters;
  private @Nullable Channel socket;
  private volatile boolean paused;
  private volatile boolean failing;

  AcceptingSocket(String listener, PortCounters counters) {
    this.listener = listener;
    this.counters = counters;
  }

  /**
   * Listens and waits until it does; not on an event loop.
   *
   * @throws IOException if the address cannot be bound
   */
  void bind(ServerBootstrap server, PortSharing sharing, HostPort wanted) throws IOException {
    var binding =
        sharing
            .applyTo(server)
            .handler(new Failures())
            .bind(wanted.host(), wanted.port())
            .awaitUninterruptibly();
    if (!binding.isSuccess()) {
      String why = wanted + ": " + binding.cause().getMessage();
      throw new IOException("listener " + listener + ": cannot listen on " + why, binding.cause());
    }
    socket = binding.channel();
  }

  /**
   * Makes it one to which the kernel can lead connections.
   *
   * @throws IOException if this system or process may not; then it is closed
   */
  void prepare(Capture capture) throws IOException {
    if (!(bound().config() instanceof EpollServerSocketChannelConfig config)) {
      close();
      throw new IOException("listener " + listener + ": interception needs epoll, so Linux");
    }
    if (capture.needsTransparentSocket()) {
      try {
        config.setIpTransparent(true);
      } catch (ChannelException refused) {
        close();
        String why = String.valueOf(refused.getMessage());
        throw new IOException(
            "listener "
                + listener
                + ": TPROXY needs a transparent socket (IP_TRANSPARENT), so CAP_NET_ADMIN: "
                + why,
            refused);
      }
    }
  }

  HostPort address() {
    if (bound().localAddress() instanceof InetSocketAddress bound) {
      return new HostPort(bound.getAddress().getHostAddress(), bound.getPort());
    }
    throw new IllegalStateException("listener " + listener + " is not bound");
  }

  /** Leaves new connections in the kernel's queue. */
  void pause() {
    paused = true;
    update();
  }

  /** Accepts connections again. */
  void resume() {
    paused = false;
    update();
  }

  private void update() {
    bound().config().setAutoRead(!paused && !failing);
  }

  boolean isClosed() {
    return socket == null || !socket.isOpen();
  }

  /** Connections in the queue are lost. */
  ChannelFuture close() {
    return bound().close();
  }

  private Channel bound() {
    Channel present = socket;
    if (present == null) {
      throw new IllegalStateException("listener " + listener + " is not bound");
    }
    return present;
  }

  /**
   * Leaves new connections to the successor, if there is one, accepts those that came before, and
   * closes.
   *
   * @param graceNanos for handshakes that are under way now
   * @return done when it is closed
   */
  ChannelFuture handOver(long graceNanos) {
    Channel present = bound();
    if (!Steering.toSuccessor(present)) {
      LOG.warn(
          "listener {}: new connections cannot be steered; some may be reset at the end", listener);
    }
    resume();
    present.eventLoop().schedule(this::close, graceNanos, TimeUnit.NANOSECONDS);
    return present.closeFuture();
  }

  /** Stops accepting for a moment whenever it fails. */
  private final class Failures extends ChannelInboundHandlerAdapter {
    private int retries;

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      counters.failToAccept();
      if (retries++ % RETRIES_PER_LINE == 0) {
        LOG.error("listener {}: cannot accept: {}", listener, cause.toString());
      }
      failing = true;
      update();
      context
          .channel()
          .eventLoop()
          .schedule(
              () -> {
                failing = false;
                update();
              },
              RETRY_MILLIS,
              TimeUnit.MILLISECONDS);
    }
  }
}
