package io.fairlead.proxy.route;

import io.fairlead.proxy.http1.Head;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A route table ready for use: finds the first route of a request's virtual host. Immutable. */
public final class Router {
  private final HostIndex<CompiledRoute[]> hosts;

  Router(Map<String, List<CompiledRoute>> byDomain) {
    Map<String, CompiledRoute[]> arrays = new java.util.HashMap<>();
    byDomain.forEach((domain, routes) -> arrays.put(domain, routes.toArray(CompiledRoute[]::new)));
    hosts = new HostIndex<>(arrays);
  }

  @Nullable CompiledRoute find(Head head) {
    CompiledRoute[] routes = hosts.find(head.octets(), head.authorityFrom(), head.authorityTo());
    if (routes == null) {
      return null;
    }
    for (CompiledRoute route : routes) {
      if (route.match().matches(head)) {
        return route;
      }
    }
    return null;
  }
}
