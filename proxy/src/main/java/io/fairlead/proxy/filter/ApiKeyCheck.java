package io.fairlead.proxy.filter;

import io.fairlead.proxy.access.KeyRing;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;

/** Refuses with 401 whoever has no key to the route. The key itself does not go on. */
public final class ApiKeyCheck implements Layer {
  @Override
  public Verdict request(Exchange exchange, Head head) {
    KeyRing keys = exchange.route().keys();
    if (keys == null) {
      return Verdict.PASS;
    }
    int field = head.find(keys.header(), 0);
    boolean known =
        field >= 0
            && keys.client(head.octets(), head.valueFrom(field), head.valueTo(field)).isPresent();
    if (!known) {
      return LocalReply.of(Reason.UNAUTHORIZED, field < 0 ? "a key is needed" : "unknown key");
    }
    head.dropAll(keys.header());
    return Verdict.PASS;
  }
}
