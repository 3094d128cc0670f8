package io.fairlead.proxy.upstream;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.tls.ClientTlsContext;
import io.fairlead.traffic.Cluster.ProxyVersion;
import io.fairlead.traffic.HostPort;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.ssl.SslHandler;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What stands in a new channel to an endpoint before the connection itself. For one loop. */
final class ChannelSetup extends ChannelInitializer<Channel> {
  private final ClientConnection connection;
  private final Members members;
  private final HostPort endpoint;
  private final @Nullable Attempt first;

  /**
   * @param first attempt on the connection; null if it is made ahead, which it is for no client
   */
  ChannelSetup(
      ClientConnection connection, Members members, HostPort endpoint, @Nullable Attempt first) {
    this.connection = connection;
    this.members = members;
    this.endpoint = endpoint;
    this.first = first;
  }

  @Override
  protected void initChannel(Channel channel) {
    ProxyVersion version = members.proxyProtocol();
    if (version != null && first != null) {
      channel.pipeline().addLast(new ProxyHeaderOut(version, first.exchange().peer()));
    }
    ClientTlsContext tls = members.tls();
    if (tls != null) {
      var handler = tls.newHandler(channel.alloc(), endpoint);
      handler.setHandshakeTimeoutMillis(Math.max(1, members.connectTimeout().toMillis()));
      channel.pipeline().addLast(handler);
      connection.expectHandshake();
    }
    channel.pipeline().addLast(connection);
  }

  /** What TCP took of the time to connect is no longer there for TLS. */
  static void shorten(Channel channel, Members members, long takenNanos) {
    SslHandler handler = channel.pipeline().get(SslHandler.class);
    if (handler != null) {
      Duration left = members.connectTimeout().minusNanos(takenNanos);
      handler.setHandshakeTimeoutMillis(Math.max(1, left.toMillis()));
    }
  }
}
