package io.fairlead.proxy.access;

import io.fairlead.traffic.ApiKeys;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The shared keys that open a route, as SHA-256 hashes. Immutable. A look-up takes the same time
 * whichever key matches, or none.
 */
public final class KeyRing {
  private final byte[] header;
  private final List<Key> keys;

  private record Key(String client, byte[] sha256) {}

  public KeyRing(ApiKeys keys) {
    header = keys.header().getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    this.keys =
        keys.keys().stream()
            .map(key -> new Key(key.client(), HexFormat.of().parseHex(key.sha256())))
            .toList();
  }

  /** Lower-case name of the field that carries the key. */
  public byte[] header() {
    return header;
  }

  /** Whose key these octets are, if it is one. */
  public Optional<String> client(byte[] octets, int from, int to) {
    byte[] hash = sha256(octets, from, to);
    Optional<String> client = Optional.empty();
    for (Key key : keys) {
      // No way out of the loop before its end, or the time would tell which key it was.
      client = MessageDigest.isEqual(key.sha256, hash) ? Optional.of(key.client) : client;
    }
    return client;
  }

  private static byte[] sha256(byte[] octets, int from, int to) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(octets, from, to - from);
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
