package io.fairlead.proxy.admin;

import io.fairlead.proxy.loop.PortSharing;
import io.fairlead.proxy.loop.SideLoop;
import io.fairlead.traffic.HostPort;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Serves the admin pages over HTTP/1.1 in plain text to whoever reaches the address, which is why
 * it is a loopback one unless told otherwise. Safe for all threads.
 */
public final class AdminServer implements AutoCloseable {
  private static final int MAX_CONNECTIONS = 256;
  private static final int MAX_BODY_BYTES = 16 << 10;
  private static final int IDLE_SECONDS = 60;

  private final Channel socket;
  private final AtomicInteger open = new AtomicInteger();

  /**
   * Listens and waits until it does.
   *
   * @param wanted port 0 picks a free one
   * @param sharing whether a successor may listen there too
   * @param pages by path
   * @throws IOException if the address cannot be bound
   */
  public AdminServer(
      SideLoop side, HostPort wanted, PortSharing sharing, Map<String, AdminPage> pages)
      throws IOException {
    Map<String, AdminPage> sorted = new TreeMap<>(pages);
    var binding =
        sharing
            .applyTo(side.server())
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel, sorted);
                  }
                })
            .bind(wanted.host(), wanted.port())
            .awaitUninterruptibly();
    if (!binding.isSuccess()) {
      throw new IOException(
          "admin: cannot listen on " + wanted + ": " + binding.cause().getMessage(),
          binding.cause());
    }
    socket = binding.channel();
  }

  private void accept(Channel channel, Map<String, AdminPage> pages) {
    if (open.incrementAndGet() > MAX_CONNECTIONS) {
      open.decrementAndGet();
      channel.close();
      return;
    }
    channel.closeFuture().addListener(closed -> open.decrementAndGet());
    channel
        .pipeline()
        .addLast(
            new ReadTimeoutHandler(IDLE_SECONDS, TimeUnit.SECONDS),
            new HttpServerCodec(),
            new HttpObjectAggregator(MAX_BODY_BYTES),
            new AdminConnection(pages));
  }

  /** The page that lists the others. */
  static String index(Map<String, AdminPage> pages) {
    StringBuilder text = new StringBuilder();
    pages.forEach(
        (path, page) ->
            text.append(
                String.format("%-10s%-20s %s\n", page.method().allow(), path, page.summary())));
    return text.toString();
  }

  /** Where it listens, with the port that was picked. */
  public HostPort address() {
    if (socket.localAddress() instanceof InetSocketAddress bound) {
      return new HostPort(bound.getAddress().getHostAddress(), bound.getPort());
    }
    throw new IllegalStateException("the admin port is closed");
  }

  @Override
  public void close() {
    socket.close();
  }
}
