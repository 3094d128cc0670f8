package io.fairlead.proxy.filter;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Head;

/**
 * Takes {@code x-forwarded-client-cert} away where a call enters the mesh: only the proxy beside
 * the workload that is called may say who the caller is.
 */
public final class StrippedClientCert implements Layer {
  @Override
  public Verdict request(Exchange exchange, Head head) {
    head.dropAll(Field.X_FORWARDED_CLIENT_CERT);
    return Verdict.PASS;
  }
}
