package io.fairlead.proxy.filter;

import io.fairlead.proxy.access.CorsRules;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.MatchedRoute;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Method;
import io.fairlead.proxy.route.Router;

/**
 * Answers what a browser asks before it calls another origin. It stands before everything that
 * wants to know who calls, since such a question never carries credentials.
 */
public final class CorsPreflight implements Layer {
  private final Router router;

  public CorsPreflight(Router router) {
    this.router = router;
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    if (exchange.method() != Method.OPTIONS
        || head.find(Field.ORIGIN, 0) < 0
        || head.find(Field.ACCESS_CONTROL_REQUEST_METHOD, 0) < 0) {
      return Verdict.PASS;
    }
    MatchedRoute route = router.route(head);
    CorsRules rules = route == null ? null : route.cors();
    return rules == null
        ? Verdict.PASS
        : new LocalReply(
            Reason.CORS_PREFLIGHT,
            Reason.CORS_PREFLIGHT.status(),
            rules.preflight(head),
            "text/plain",
            "");
  }
}
