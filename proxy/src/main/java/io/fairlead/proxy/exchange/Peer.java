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
 */
public record Peer(
    String address, Optional<String> identity, Security security, HeadChanges proof) {
  /** How a connection is secured. */
  public enum Security {
    PLAIN_TEXT,
    TLS
  }

  /** Somebody who proved nothing. */
  public static Peer unknown(String address, Security security) {
    return new Peer(address, Optional.empty(), security, HeadChanges.NONE);
  }
}
