package io.fairlead.proxy.filter;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;

/**
 * Bounds the requests that are under way, an equal share on each loop, so that overload is answered
 * early with 503 instead of filling memory. One for the whole data plane.
 */
public final class Admission implements Layer {
  /** Counts of different loops lie in different cache lines. */
  private static final int STRIDE = 16;

  private final int maxPerLoop;
  private final int[] active;

  /**
   * @param maxRequests under way at a time, over all loops
   * @param loops number of loops
   */
  public Admission(int maxRequests, int loops) {
    maxPerLoop = Math.max(1, maxRequests / loops);
    active = new int[loops * STRIDE];
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    return ++active[exchange.loop().index() * STRIDE] <= maxPerLoop
        ? Verdict.PASS
        : LocalReply.of(Reason.OVERLOAD, "too many requests are under way");
  }

  @Override
  public void end(Exchange exchange) {
    active[exchange.loop().index() * STRIDE]--;
  }
}
