package io.fairlead.traffic;

import java.util.List;

/**
 * The routes behind a listener. Immutable.
 *
 * <p>The virtual host with the most specific domain for the request's host is taken: exact, then
 * the longest {@code *.suffix}, then {@code *}. Case and port of the request's host do not count.
 * Within it the first route that matches wins.
 *
 * @param name unique among route tables
 * @param virtualHosts their domains do not overlap
 * @see <a href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route.proto">
 *     envoy.config.route.v3.RouteConfiguration</a>
 */
public record RouteTable(String name, List<VirtualHost> virtualHosts) implements Resource {

  /**
   * Routes of a group of hosts. Immutable.
   *
   * @param name unique within the table
   * @param domains lower case, without port; {@code host}, {@code *.suffix} or {@code *}
   * @param routes in order of precedence
   */
  public record VirtualHost(String name, List<String> domains, List<Route> routes) {
    public VirtualHost {
      Resource.requireName(name);
      domains = List.copyOf(domains);
      routes = List.copyOf(routes);
      if (domains.isEmpty()) {
        throw new IllegalArgumentException("domains: must not be empty in " + name);
      }
    }
  }

  public RouteTable {
    Resource.requireName(name);
    virtualHosts = List.copyOf(virtualHosts);
    var seen = new java.util.HashMap<String, String>();
    for (var host : virtualHosts) {
      for (var domain : host.domains()) {
        var other = seen.put(domain, host.name());
        if (other != null) {
          throw new IllegalArgumentException(
              "domains: " + domain + " is claimed by " + other + " and by " + host.name());
        }
      }
    }
  }
}
