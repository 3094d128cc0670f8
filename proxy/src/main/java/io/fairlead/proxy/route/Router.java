package io.fairlead.proxy.route;

import io.fairlead.proxy.exchange.MatchedRoute;
import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.http1.Head;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A route table ready for use: finds the first route of a request's virtual host. Immutable. */
public final class Router {
  private final HostIndex<PathIndex> hosts;
  private final @Nullable PathIndex anyHost;
  private final @Nullable Destinations destinations;

  Router(Map<String, PathIndex> byDomain) {
    this(new HostIndex<>(byDomain), byDomain.get("*"), null);
  }

  private Router(
      HostIndex<PathIndex> hosts,
      @Nullable PathIndex anyHost,
      @Nullable Destinations destinations) {
    this.hosts = hosts;
    this.anyHost = anyHost;
    this.destinations = destinations;
  }

  /** The same with better routes for hosts without a name that were opened to these addresses. */
  public Router with(Destinations known) {
    return new Router(hosts, anyHost, known);
  }

  /** The route that a request with this head takes, or null. */
  public @Nullable MatchedRoute route(Head head) {
    return find(head);
  }

  @Nullable CompiledRoute find(Head head) {
    PathIndex routes = hosts.find(head.octets(), head.authorityFrom(), head.authorityTo());
    return routes == null ? null : routes.find(head);
  }

  /** The route of a request on a connection with these ends, or null. */
  @Nullable MatchedRoute find(Head head, Peer.Ends ends) {
    Destinations known = destinations;
    if (known == null) {
      return find(head);
    }
    PathIndex routes = hosts.find(head.octets(), head.authorityFrom(), head.authorityTo());
    MatchedRoute byAddress = routes == null || routes == anyHost ? known.route(ends) : null;
    if (byAddress != null) {
      return byAddress;
    }
    return routes == null ? null : routes.find(head);
  }
}
