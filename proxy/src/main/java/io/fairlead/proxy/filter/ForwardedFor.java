package io.fairlead.proxy.filter;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Head;

/**
 * Tells services who the gateway's client is. What the client itself says of that is taken out
 * before anything is matched by it: nobody in front of the gateway is trusted.
 */
public final class ForwardedFor implements Layer {
  private static final byte[] FOR = "x-forwarded-for: ".getBytes(US_ASCII);
  private static final byte[] HTTP = "x-forwarded-proto: http\r\n".getBytes(US_ASCII);
  private static final byte[] HTTPS = "x-forwarded-proto: https\r\n".getBytes(US_ASCII);

  @Override
  public Verdict request(Exchange exchange, Head head) {
    head.dropAll(Field.X_FORWARDED_FOR);
    head.dropAll(Field.X_FORWARDED_PROTO);
    Peer peer = exchange.peer();
    var writer = exchange.loop().writer();
    writer.add(FOR, peer.address());
    writer.add(peer.security() == Peer.Security.TLS ? HTTPS : HTTP);
    return Verdict.PASS;
  }
}
