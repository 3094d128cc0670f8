package io.fairlead.proxy.filter;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Fault;
import io.fairlead.proxy.http1.Head;
import io.fairlead.traffic.HttpBounds;
import java.util.Optional;

/** Refuses requests whose heads are larger than their listener wants them. Stateless. */
public final class HeadBound implements Layer {
  private final int maxBytes;

  private HeadBound(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** The layer for these bounds, if they have one on heads. */
  public static Optional<Layer> of(HttpBounds bounds) {
    return bounds.maxHeadKib() == 0
        ? Optional.empty()
        : Optional.of(new HeadBound(bounds.maxHeadKib() << 10));
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    return head.length() > maxBytes ? LocalReply.of(Fault.HEAD_TOO_LARGE) : Verdict.PASS;
  }
}
