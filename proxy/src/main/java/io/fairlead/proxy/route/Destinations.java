package io.fairlead.proxy.route;

import io.fairlead.proxy.exchange.MatchedRoute;
import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.traffic.HostPort;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the addresses to which intercepted connections were opened: those of endpoints
 * have the policies of their clusters, also where no name leads there. Immutable; safe for all
 * threads.
 */
public final class Destinations {
  private final Map<HostPort, Known> known;

  /** Where requests and connections go that were opened to an endpoint. */
  record Known(CompiledRoute route, CompiledAction.Targets targets) {}

  Destinations(Map<HostPort, Known> known) {
    this.known = Map.copyOf(known);
  }

  private @Nullable Known find(Peer.Ends ends) {
    return ends.way() == Peer.Way.DIRECT
        ? null
        : known.get(new HostPort(ends.destination(), ends.destinationPort()));
  }

  /** The route of requests on a connection with these ends, or null. */
  @Nullable MatchedRoute route(Peer.Ends ends) {
    Known found = find(ends);
    return found == null ? null : found.route;
  }

  /** Where a connection with these ends is passed on to, or null. */
  @Nullable Target target(Peer.Ends ends, Loop loop) {
    Known found = find(ends);
    return found == null ? null : found.targets.pick(loop);
  }
}
