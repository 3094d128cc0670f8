package io.fairlead.proxy.loop;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.unix.UnixChannelOption;
import java.net.StandardSocketOptions;

/** Whether another process may listen on the same addresses. */
public enum PortSharing {
  /** An address that is in use cannot be listened on: a mistake is noticed. */
  EXCLUSIVE {
    @Override
    public ServerBootstrap applyTo(ServerBootstrap server) {
      return server;
    }
  },
  /**
   * {@code SO_REUSEPORT}: another process of the same user may listen beside this one. So a
   * successor can start while this process serves, and takes over when it drains.
   */
  SHARED {
    @Override
    public ServerBootstrap applyTo(ServerBootstrap server) {
      return Epoll.isAvailable()
          ? server.option(UnixChannelOption.SO_REUSEPORT, true)
          : server.option(NioChannelOption.of(StandardSocketOptions.SO_REUSEPORT), true);
    }
  };

  /** Sets up a socket that is going to listen. */
  public abstract ServerBootstrap applyTo(ServerBootstrap server);
}
