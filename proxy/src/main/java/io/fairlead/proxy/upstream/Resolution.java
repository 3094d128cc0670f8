package io.fairlead.proxy.upstream;

import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.HostPort;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The members of a cluster with the last good addresses of their names. Immutable. */
record Resolution(Members configured, Map<String, List<InetAddress>> addresses) {
  Resolution {
    addresses = Map.copyOf(addresses);
  }

  static Resolution of(Members configured) {
    return new Resolution(configured, Map.of());
  }

  /** For another configuration; what is known of names that remain is kept. */
  Resolution next(Members present) {
    return new Resolution(present, addresses);
  }

  /** With the answers of a round; names without an answer keep their addresses. */
  Resolution with(Map<String, List<InetAddress>> answers) {
    Map<String, List<InetAddress>> known = new HashMap<>();
    for (Endpoint endpoint : configured.endpoints()) {
      String host = endpoint.address().host();
      List<InetAddress> last = answers.getOrDefault(host, addresses.getOrDefault(host, List.of()));
      known.put(host, last);
    }
    return new Resolution(configured, known);
  }

  /** The members with addresses in place of names, as far as they are known. */
  Members members() {
    DnsNames names = configured.names();
    if (names == null) {
      return configured;
    }
    return switch (names.kind()) {
      case STRICT -> configured.with(strict(), names);
      case LOGICAL -> logical(names);
    };
  }

  private Members logical(DnsNames names) {
    for (Endpoint endpoint : configured.endpoints()) {
      List<InetAddress> known = addresses.getOrDefault(endpoint.address().host(), List.of());
      if (!known.isEmpty()) {
        var current = new DnsNames(names.kind(), names.refreshRate(), known.getFirst());
        return configured.with(configured.endpoints(), current);
      }
    }
    return configured;
  }

  /** In the order of the addresses, since that of answers changes from one to the next. */
  private List<Endpoint> strict() {
    List<Endpoint> endpoints = new ArrayList<>();
    Set<HostPort> seen = new HashSet<>();
    for (Endpoint name : configured.endpoints()) {
      List<InetAddress> known = addresses.getOrDefault(name.address().host(), List.of());
      if (known.isEmpty()) {
        // Connecting resolves it, or tells that it cannot.
        endpoints.add(name);
        continue;
      }
      known.stream()
          .map(address -> new HostPort(address.getHostAddress(), name.address().port()))
          .sorted(Comparator.comparing(HostPort::host))
          .filter(seen::add)
          .forEach(
              address ->
                  endpoints.add(
                      new Endpoint(
                          address.toString(),
                          address,
                          name.weight(),
                          name.priority(),
                          name.locality(),
                          name.health())));
    }
    return endpoints;
  }
}
