package io.fairlead.proxy.route;

import io.fairlead.proxy.http1.Head;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A route table ready for use: finds the first route of a request's virtual host. Immutable. */
public final class Router {
  private final HostIndex<PathIndex> hosts;

  Router(Map<String, PathIndex> byDomain) {
    hosts = new HostIndex<>(byDomain);
  }

  @Nullable CompiledRoute find(Head head) {
    PathIndex routes = hosts.find(head.octets(), head.authorityFrom(), head.authorityTo());
    return routes == null ? null : routes.find(head);
  }
}
