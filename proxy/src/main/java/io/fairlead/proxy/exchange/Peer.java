package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.HeadChanges;
import java.util.Optional;

/**
 * Whoever sent a request, as far as its connection proves. Immutable; made once per connection.
 *
 * @param address IP address of the connection's other end
 * @param identity SPIFFE identity of a verified client certificate
 * @param security of the connection
 * @param proof the field that tells a workload of the verified certificate
 * @param ends the rest of what tells the connection from others
 */
public record Peer(
    String address, Optional<String> identity, Security security, HeadChanges proof, Ends ends) {
  /** How a connection is secured. */
  public enum Security {
    PLAIN_TEXT,
    TLS
  }

  /** How a connection came here. */
  public enum Way {
    /** It was opened to the proxy. */
    DIRECT,
    /** It was opened to its destination, and the kernel led it here. */
    INTERCEPTED
  }

  /**
   * The ends of a connection beside the client's address.
   *
   * @param sourcePort the client's port, or 0
   * @param destination the IP address that the client connected to, or empty
   * @param destinationPort its port, or 0
   * @param serverName the server that the client named in TLS, or empty
   * @param way how the connection came here
   */
  public record Ends(
      int sourcePort, String destination, int destinationPort, String serverName, Way way) {
    /** The ends of a connection that was opened to this proxy. */
    public Ends(int sourcePort, String destination, int destinationPort, String serverName) {
      this(sourcePort, destination, destinationPort, serverName, Way.DIRECT);
    }

    /** Nobody knows. */
    public static final Ends UNKNOWN = new Ends(0, "", 0, "");

    /** The same with the server that the client named. */
    public Ends named(String server) {
      return server.isEmpty()
          ? this
          : new Ends(sourcePort, destination, destinationPort, server, way);
    }

    /** The same of a connection that the kernel led here. */
    public Ends intercepted() {
      return new Ends(sourcePort, destination, destinationPort, serverName, Way.INTERCEPTED);
    }
  }

  /** Somebody on a connection whose ends nobody asks for. */
  public Peer(String address, Optional<String> identity, Security security, HeadChanges proof) {
    this(address, identity, security, proof, Ends.UNKNOWN);
  }

  /** Somebody who proved nothing. */
  public static Peer unknown(String address, Security security) {
    return new Peer(address, Optional.empty(), security, HeadChanges.NONE);
  }

  /** The same with the ends of the connection. */
  public Peer with(Ends known) {
    return new Peer(address, identity, security, proof, known);
  }
}
