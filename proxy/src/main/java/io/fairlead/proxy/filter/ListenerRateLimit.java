package io.fairlead.proxy.filter;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;
import io.fairlead.resilience.RateLimiter;

/** Refuses with 429 what exceeds the limit of the listener. */
public final class ListenerRateLimit implements Layer {
  private final RateLimiter limiter;

  public ListenerRateLimit(RateLimiter limiter) {
    this.limiter = limiter;
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    return check(limiter);
  }

  static Verdict check(RateLimiter limiter) {
    long wait = limiter.tryAcquire();
    return wait == 0
        ? Verdict.PASS
        : LocalReply.of(Reason.RATE_LIMITED, "more requests than the limit").retryAfter(wait);
  }
}
