package io.fairlead.proxy.filter;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.overload.Overload;
import io.fairlead.resilience.Priority;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteTable;
import java.util.List;
import java.util.Optional;

/**
 * Refuses requests by the priority of their route when memory is short: those that {@link
 * Admission} could not judge, not knowing the route. What a request says of itself, where that is
 * believed, counts instead, and {@link Admission} has gone by it already. Immutable.
 */
public final class RoutePriority implements Layer {
  private final Overload overload;
  private final boolean believing;

  RoutePriority(Overload overload, boolean believing) {
    this.overload = overload;
    this.believing = believing;
  }

  /**
   * The highest priority that a request can have by its route in one of these tables; empty if no
   * route has one of its own.
   */
  public static Optional<Priority> highest(List<RouteTable> tables) {
    boolean any = false;
    for (RouteTable table : tables) {
      for (RouteTable.VirtualHost host : table.virtualHosts()) {
        for (Route route : host.routes()) {
          Optional<Priority> own = route.filters().priority();
          if (own.equals(Optional.of(Priority.CRITICAL_PLUS))) {
            return own;
          }
          any |= own.isPresent();
        }
      }
    }
    // Routes that say nothing are critical.
    return any ? Optional.of(Priority.CRITICAL) : Optional.empty();
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    if (!overload.isShedding() || believing && Admission.said(head) != null) {
      return Verdict.PASS;
    }
    Priority own = exchange.route().priority();
    return overload.sheds(own == null ? Priority.CRITICAL : own) ? Admission.SHED : Verdict.PASS;
  }
}
