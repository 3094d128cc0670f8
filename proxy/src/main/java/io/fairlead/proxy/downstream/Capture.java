package io.fairlead.proxy.downstream;

import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.route.TcpRouter;
import io.fairlead.traffic.OriginalDestination;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What a port does with connections that the kernel leads to it. Immutable.
 *
 * <p>One that was opened to the port itself is served as if nothing were led there, but never
 * passed on to where it was going: that is here, and it would come back for ever.
 */
public final class Capture {
  private final OriginalDestination wanted;
  private final @Nullable Entrance others;

  /**
   * @param others where connections go to ports that are not served, or null if all are
   */
  public Capture(OriginalDestination wanted, @Nullable TcpRouter others) {
    this.wanted = wanted;
    this.others =
        others == null
            ? null
            : new Entrance(Entrance.USUAL.intake(), Entrance.Http.NOT_SPOKEN, others);
  }

  boolean needsTransparentSocket() {
    return wanted.source() == OriginalDestination.Source.TPROXY;
  }

  /**
   * Who the client is, and where its connection was going.
   *
   * @param own the port of the listener
   */
  Client client(Channel channel, int own) {
    Client client = Client.of(channel.remoteAddress(), channel.localAddress());
    return switch (wanted.source()) {
      // The kernel has changed nothing: the connection's end is where it was going.
      case TPROXY -> client.ends().destinationPort() == own ? client : client.intercepted();
      case REDIRECT -> {
        InetSocketAddress original = OriginalAddress.of(channel);
        yield original == null || original.equals(channel.localAddress())
            ? client
            : Client.of(channel.remoteAddress(), original).intercepted();
      }
    };
  }

  /** How the connection of this client is served; null refuses it. */
  ListenerPort.@Nullable Ways ways(ListenerPort.Ways present, Client client) {
    Entrance entrance = present.entrance();
    if (client.ends().way() == Peer.Way.DIRECT) {
      return entrance.speaksHttp()
          ? new ListenerPort.Ways(entrance.withoutRest(), present.tls())
          : null;
    }
    if (wanted.serves(client.ends().destinationPort())) {
      return present;
    }
    return others == null ? null : new ListenerPort.Ways(others, null);
  }
}
