package io.fairlead.proxy.downstream;

import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.loop.OwnConnections;
import io.fairlead.proxy.route.TcpRouter;
import io.fairlead.traffic.OriginalDestination;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a port does with connections that the kernel leads to it. Safe for all threads.
 *
 * <p>One that was opened to the port itself is served as if nothing were led there, but never
 * passed on to where it was going: that is here, and it would come back for ever.
 */
public final class Capture {
  private static final Logger LOG = LoggerFactory.getLogger(Capture.class);

  private final AtomicBoolean told = new AtomicBoolean();
  private final OriginalDestination wanted;
  private final @Nullable Entrance others;
  private final OwnConnections own;

  /**
   * @param others where connections go to ports that are not served, or null if all are
   * @param own connections of this proxy, which must not come back to it
   */
  public Capture(OriginalDestination wanted, @Nullable TcpRouter others, OwnConnections own) {
    this.wanted = wanted;
    this.own = own;
    this.others =
        others == null
            ? null
            : new Entrance(
                Entrance.USUAL.intake(),
                Entrance.Http.NOT_SPOKEN,
                others,
                null,
                Entrance.USUAL.http2());
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
  ListenerPort.@Nullable Ways ways(ListenerPort.Ways present, Client client, Channel channel) {
    Entrance entrance = present.entrance();
    if (client.ends().way() == Peer.Way.DIRECT) {
      return entrance.speaksHttp()
          ? new ListenerPort.Ways(entrance.withoutRest(), present.tls())
          : null;
    }
    // A workload may call its own service, but nothing else that is passed on may come back.
    boolean served = wanted.serves(client.ends().destinationPort());
    boolean passedOn = !served || wanted.ports().isEmpty();
    if (passedOn && own.contains(channel.remoteAddress())) {
      tellOfLoop(client);
      return null;
    }
    if (served) {
      return present;
    }
    return others == null ? null : new ListenerPort.Ways(others, null);
  }

  private void tellOfLoop(Client client) {
    if (told.compareAndSet(false, true)) {
      LOG.error(
          "the proxy's own connection to {}:{} was led back to it and is closed, as others will be:"
              + " exclude the proxy's user from interception",
          client.ends().destination(),
          client.ends().destinationPort());
    }
  }
}
