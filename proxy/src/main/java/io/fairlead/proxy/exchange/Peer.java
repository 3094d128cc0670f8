package io.fairlead.proxy.exchange;

import java.util.Optional;

/**
 * Whoever sent a request, as far as its connection proves. Immutable.
 *
 * @param address IP address of the connection's other end
 * @param identity SPIFFE identity of a verified client certificate
 * @param security of the connection
 */
public record Peer(String address, Optional<String> identity, Security security) {
  /** How a connection is secured. */
  public enum Security {
    PLAIN_TEXT,
    TLS
  }
}
