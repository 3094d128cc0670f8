package io.fairlead.proxy.filter;

import io.fairlead.proxy.access.Authorization;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;

/** Refuses with 403 what the rules do not let this caller do. */
public final class Authorizing implements Layer {
  private final Authorization authorization;

  public Authorizing(Authorization authorization) {
    this.authorization = authorization;
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    var identity = exchange.peer().identity();
    String refusal = authorization.refusal(identity, head);
    if (refusal == null) {
      return Verdict.PASS;
    }
    String caller = identity.orElse("a caller without identity");
    return LocalReply.of(Reason.FORBIDDEN, refusal + " for " + caller);
  }
}
