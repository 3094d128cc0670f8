package io.fairlead.proxy.filter;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Octets;
import io.fairlead.traffic.ClientTrust.Underscores;

/**
 * Takes headers away that only proxies of the mesh may set, {@code x-envoy-} and {@code
 * x-fairlead-}, and treats those with an underscore as configured.
 */
public final class OutsideHeaders implements Layer {
  private static final byte[] ENVOY = "x-envoy-".getBytes(US_ASCII);
  private static final byte[] FAIRLEAD = "x-fairlead-".getBytes(US_ASCII);

  private final Underscores underscores;

  public OutsideHeaders(Underscores underscores) {
    this.underscores = underscores;
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    byte[] octets = head.octets();
    for (int i = 0; i < head.fields(); i++) {
      int from = head.nameFrom(i);
      int to = head.nameTo(i);
      if (begins(octets, from, to, ENVOY) || begins(octets, from, to, FAIRLEAD)) {
        head.drop(i);
      } else if (underscores != Underscores.ALLOW && hasUnderscore(octets, from, to)) {
        if (underscores == Underscores.REFUSE) {
          return LocalReply.of(Reason.BAD_REQUEST, "a field name must not have an underscore here");
        }
        head.drop(i);
      }
    }
    return Verdict.PASS;
  }

  private static boolean begins(byte[] octets, int from, int to, byte[] prefix) {
    int end = from + prefix.length;
    return end <= to && Octets.equalsLower(octets, from, end, prefix);
  }

  private static boolean hasUnderscore(byte[] octets, int from, int to) {
    for (int i = from; i < to; i++) {
      if (octets[i] == '_') {
        return true;
      }
    }
    return false;
  }
}
