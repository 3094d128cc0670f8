package io.fairlead.proxy.filter;

import io.fairlead.proxy.access.CorsRules;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.MatchedRoute;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Head;

/** Tells browsers which pages may read the answers of a route. */
public final class CorsAnswering implements Layer {
  @Override
  public Verdict request(Exchange exchange, Head head) {
    if (exchange.route().cors() != null) {
      int field = head.find(Field.ORIGIN, 0);
      if (field >= 0) {
        exchange.passage().origin(head.value(field));
      }
    }
    return Verdict.PASS;
  }

  @Override
  public void answer(Exchange exchange, Head head) {
    MatchedRoute route = exchange.routeOrNull();
    CorsRules rules = route == null ? null : route.cors();
    String origin = exchange.passage().origin();
    if (rules != null && origin != null) {
      rules.answer(origin, head, exchange.loop().writer());
    }
  }
}
