package io.fairlead.proxy.filter;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;
import io.fairlead.resilience.RateLimiter;

/** Refuses with 429 what exceeds the limit of the route. */
public final class RouteRateLimit implements Layer {
  @Override
  public Verdict request(Exchange exchange, Head head) {
    RateLimiter limiter = exchange.route().rateLimiter();
    return limiter == null ? Verdict.PASS : ListenerRateLimit.check(limiter);
  }
}
