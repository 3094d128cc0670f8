package io.fairlead.traffic;

import io.fairlead.traffic.RouteAction.WeightedCluster;
import java.util.List;
import java.util.Locale;

/**
 * Where connections go that are passed on octet by octet. Immutable.
 *
 * @param name for metrics and messages
 * @param serverNames in lower case; {@code host}, {@code *.suffix} or {@code *}: TLS connections
 *     that name one of them, and whose TLS does not end here; empty takes what nothing else takes,
 *     after TLS if the listener has it
 * @param clusters at least one; the weights' sum is above 0
 */
public record TcpRoute(String name, List<String> serverNames, List<WeightedCluster> clusters) {
  public TcpRoute {
    Resource.requireName(name);
    serverNames = List.copyOf(serverNames);
    clusters = List.copyOf(clusters);
    for (var server : serverNames) {
      if (server.isEmpty() || !server.equals(server.toLowerCase(Locale.ROOT))) {
        throw new IllegalArgumentException(
            "serverNames: must be in lower case and not empty, was " + server);
      }
    }
    if (clusters.stream().mapToLong(WeightedCluster::weight).sum() <= 0) {
      throw new IllegalArgumentException("clusters: the sum of the weights must be above 0");
    }
  }
}
