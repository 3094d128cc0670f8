package io.fairlead.proxy.route;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.proxy.http1.Octets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds what belongs to a host: the exact name, then the longest {@code *.suffix}, then {@code *}.
 * Case and port do not count. Open addressing over the octets, so a look-up makes no string.
 * Immutable.
 */
final class HostIndex<T> {
  private final byte[][] names;
  private final Object[] values;
  private final int mask;
  private final @Nullable T any;
  private final boolean hasWildcards;

  /** Domains as in {@link io.fairlead.traffic.RouteTable}. */
  HostIndex(Map<String, T> domains) {
    int capacity = Integer.highestOneBit(Math.max(4, domains.size() * 2) - 1) << 1;
    names = new byte[capacity][];
    values = new Object[capacity];
    mask = capacity - 1;
    any = domains.get("*");
    hasWildcards = domains.keySet().stream().anyMatch(domain -> domain.startsWith("*."));
    domains.forEach(
        (domain, value) -> {
          if (!domain.equals("*")) {
            // "*.a.b" is kept as ".a.b", which no host can be, so both kinds share the table.
            put(domain.startsWith("*") ? domain.substring(1) : domain, value);
          }
        });
  }

  private void put(String name, T value) {
    byte[] octets = name.getBytes(ISO_8859_1);
    int slot = hash(octets, 0, octets.length) & mask;
    while (names[slot] != null) {
      slot = slot + 1 & mask;
    }
    names[slot] = octets;
    values[slot] = value;
  }

  /** What belongs to the host in a range of octets that may end with a port, or null. */
  @Nullable T find(byte[] octets, int from, int end) {
    int to = withoutPort(octets, from, end);
    T found = get(octets, from, to);
    if (found != null || !hasWildcards) {
      return found != null ? found : any;
    }
    for (int i = from + 1; i < to; i++) {
      if (octets[i] == '.') {
        found = get(octets, i, to);
        if (found != null) {
          return found;
        }
      }
    }
    return any;
  }

  static int withoutPort(byte[] octets, int from, int to) {
    for (int i = to - 1; i > from; i--) {
      if (octets[i] == ':') {
        return i;
      }
      if (octets[i] == ']') {
        return to;
      }
    }
    return to;
  }

  @SuppressWarnings("unchecked") // only values of T are put in
  private @Nullable T get(byte[] octets, int from, int to) {
    int slot = hash(octets, from, to) & mask;
    while (names[slot] != null) {
      if (Octets.equalsLower(octets, from, to, names[slot])) {
        return (T) values[slot];
      }
      slot = slot + 1 & mask;
    }
    return null;
  }

  private static int hash(byte[] octets, int from, int to) {
    int hash = 1;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + Octets.lower(octets[i]);
    }
    return hash ^ hash >>> 16;
  }
}
