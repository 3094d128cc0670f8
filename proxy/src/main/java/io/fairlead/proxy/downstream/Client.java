package io.fairlead.proxy.downstream;

import io.fairlead.proxy.exchange.Peer;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A client as its connection shows it. */
record Client(String address, Peer.Ends ends) {
  /** The client that a proxy in front names; its own connection counts if it names none. */
  Client behind(@Nullable InetSocketAddress source, @Nullable InetSocketAddress destination) {
    return source == null || destination == null ? this : of(source, destination);
  }

  /** The same with the server that it named in TLS. */
  Client named(String server) {
    return new Client(address, ends.named(server));
  }

  /** The same on a connection that the kernel led here. */
  Client intercepted() {
    return new Client(address, ends.intercepted());
  }

  static Client of(@Nullable SocketAddress source, @Nullable SocketAddress destination) {
    String address =
        source instanceof InetSocketAddress from ? from.getAddress().getHostAddress() : "";
    return source instanceof InetSocketAddress from && destination instanceof InetSocketAddress to
        ? new Client(
            address,
            new Peer.Ends(from.getPort(), to.getAddress().getHostAddress(), to.getPort(), ""))
        : new Client(address, Peer.Ends.UNKNOWN);
  }
}
