package io.fairlead.proxy.route;

import io.fairlead.proxy.exchange.MatchedRoute;
import io.fairlead.proxy.http1.Head;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A route table ready for use: finds the first route of a request's virtual host. Immutable. */
public final class Router {
  private final HostIndex<PathIndex> hosts;

  Router(Map<String, PathIndex> byDomain) {
    hosts = new HostIndex<>(byDomain);
  }

  /** The route that a request with this head takes, or null. */
  public @Nullable MatchedRoute route(Head head) {
    return find(head);
  }

  @Nullable CompiledRoute find(Head head) {
    PathIndex routes = hosts.find(head.octets(), head.authorityFrom(), head.authorityTo());
    return routes == null ? null : routes.find(head);
  }
}
