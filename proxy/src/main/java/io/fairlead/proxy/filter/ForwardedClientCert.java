package io.fairlead.proxy.filter;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Head;

/**
 * Tells the workload in {@code x-forwarded-client-cert} who calls, and takes away what anybody else
 * said of that. The field was made when the connection was.
 */
public final class ForwardedClientCert implements Layer {
  @Override
  public Verdict request(Exchange exchange, Head head) {
    head.dropAll(Field.X_FORWARDED_CLIENT_CERT);
    exchange.peer().proof().apply(head, exchange.loop().writer());
    return Verdict.PASS;
  }
}
