package io.fairlead.proxy.filter;

import io.fairlead.proxy.access.AccessRequest;
import io.fairlead.proxy.access.Authorization;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Head;

/** Refuses with 403 what the rules do not let this caller do. */
public final class Authorizing implements Layer {
  private final Authorization authorization;

  public Authorizing(Authorization authorization) {
    this.authorization = authorization;
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    Peer peer = exchange.peer();
    String refusal =
        authorization.refusal(
            new AccessRequest(
                peer.identity(),
                peer.address(),
                client(exchange, head),
                exchange.passage().claims(),
                head));
    if (refusal == null) {
      return Verdict.PASS;
    }
    String caller = peer.identity().orElse("a caller without identity");
    return LocalReply.of(Reason.FORBIDDEN, refusal + " for " + caller);
  }

  /** A peer of the mesh is believed who its client is; the last one that it names counts. */
  private static String client(Exchange exchange, Head head) {
    Peer peer = exchange.peer();
    String told = exchange.passage().client();
    if (told != null || peer.identity().isEmpty()) {
      return told == null ? peer.address() : told;
    }
    String last = null;
    for (int i = head.find(Field.X_FORWARDED_FOR, 0);
        i >= 0;
        i = head.find(Field.X_FORWARDED_FOR, i + 1)) {
      last = head.value(i);
    }
    return last == null ? peer.address() : last.substring(last.lastIndexOf(',') + 1).strip();
  }
}
