package io.fairlead.proxy.route;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;

/** Does what the route says: picks the cluster and changes the heads, or answers. */
public final class RouteActing implements Layer {
  @Override
  public Verdict request(Exchange exchange, Head head) {
    return exchange.route().act(exchange, head);
  }

  @Override
  public void answer(Exchange exchange, Head head) {
    exchange.route().answer(exchange, head);
  }
}
