package io.fairlead.proxy.route;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.MatchedRoute;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Fault;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Method;

/** Finds the route that a request takes; 404 if there is none. */
public final class Routing implements Layer {
  private final Router router;

  public Routing(Router router) {
    this.router = router;
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    MatchedRoute route = router.find(head, exchange.peer().ends());
    if (route == null && head.method() == Method.CONNECT) {
      return LocalReply.of(Fault.CONNECT_UNSUPPORTED);
    }
    if (route == null) {
      return LocalReply.of(
          Reason.NO_ROUTE,
          "no route for host " + head.authority() + " and path " + head.pathText());
    }
    exchange.route(route);
    return Verdict.PASS;
  }
}
