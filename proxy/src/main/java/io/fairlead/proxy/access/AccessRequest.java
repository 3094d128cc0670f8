package io.fairlead.proxy.access;

import io.fairlead.config.Cidr;
import io.fairlead.proxy.http1.Head;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who asks for what, as far as it is proved.
 *
 * @param identity of the caller, as its certificate proves it
 * @param peerAddress of the other end of the connection
 * @param clientAddress of the client, as far as the proxies before this one are trusted
 * @param claims of its token, or null without a verified one
 */
public record AccessRequest(
    Optional<String> identity,
    String peerAddress,
    String clientAddress,
    @Nullable Claims claims,
    Head head) {

  /** The octets of an address, or none if it is not one. */
  static byte[] octets(String address) {
    try {
      return Cidr.octets(address);
    } catch (IllegalArgumentException none) {
      return new byte[0];
    }
  }
}
