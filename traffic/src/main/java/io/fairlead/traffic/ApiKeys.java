package io.fairlead.traffic;

import java.util.List;

/**
 * Who may call a route by a shared key. Immutable.
 *
 * @param header lower-case name of the header that carries the key
 * @param keys the accepted keys, hashed
 */
public record ApiKeys(String header, List<HashedKey> keys) {

  /**
   * One accepted key.
   *
   * @param client whose key it is; goes to access logs and spans
   * @param sha256 hash of the key's UTF-8 bytes, 64 lower-case hexadecimal digits
   */
  public record HashedKey(String client, String sha256) {
    public HashedKey {
      Resource.requireName(client);
      if (!sha256.matches("[0-9a-f]{64}")) {
        throw new IllegalArgumentException(
            "sha256: must be 64 lower-case hexadecimal digits, for client " + client);
      }
    }
  }

  public ApiKeys {
    Resource.requireName(header);
    keys = List.copyOf(keys);
  }
}
