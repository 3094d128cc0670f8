package io.fairlead.proxy.filter;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.overload.Overload;
import io.fairlead.resilience.Priority;
import io.fairlead.traffic.Listener;
import java.util.Locale;
import java.util.Map;

/**
 * Bounds the requests that are under way, an equal share on each loop, so that overload is answered
 * early with 503 instead of filling memory, and refuses requests by their priority when memory is
 * short. One for the whole data plane.
 *
 * <p>A request is {@link Priority#CRITICAL} unless it says otherwise in {@code
 * x-fairlead-priority}, which is believed of applications and peers of the mesh, but not of whoever
 * calls a gateway.
 */
public final class Admission implements Layer {
  /** Counts of different loops lie in different cache lines. */
  private static final int STRIDE = 16;

  /** The field by which a request says its priority, in lower case. */
  private static final byte[] PRIORITY = "x-fairlead-priority".getBytes(US_ASCII);

  private static final Map<String, Priority> BY_NAME =
      Map.of(
          "critical-plus", Priority.CRITICAL_PLUS,
          "critical", Priority.CRITICAL,
          "sheddable-plus", Priority.SHEDDABLE_PLUS,
          "sheddable", Priority.SHEDDABLE);

  private static final LocalReply TOO_MANY =
      LocalReply.of(Reason.OVERLOAD, "too many requests are under way");
  private static final LocalReply SHED =
      LocalReply.of(Reason.OVERLOAD, "memory is short for requests of this priority");

  private final int maxPerLoop;
  private final Overload overload;
  private final int[] active;

  /**
   * @param maxRequests under way at a time, over all loops
   * @param loops number of loops
   * @param overload says which priorities are refused for want of memory
   */
  public Admission(int maxRequests, int loops, Overload overload) {
    this.overload = overload;
    maxPerLoop = Math.max(1, maxRequests / loops);
    active = new int[loops * STRIDE];
  }

  /** The layer of a listener whose clients may say how important their requests are, or not. */
  public Layer of(Listener.Role role) {
    return switch (role) {
      case INBOUND, OUTBOUND -> new Believing(this);
      case GATEWAY -> this;
    };
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    return admit(exchange, Priority.CRITICAL);
  }

  private Verdict admit(Exchange exchange, Priority priority) {
    if (++active[exchange.loop().index() * STRIDE] > maxPerLoop) {
      return TOO_MANY;
    }
    return overload.sheds(priority) ? SHED : Verdict.PASS;
  }

  @Override
  public void end(Exchange exchange) {
    active[exchange.loop().index() * STRIDE]--;
  }

  /** Asks the request how important it is, as soon as that matters. Immutable. */
  private record Believing(Admission admission) implements Layer {
    @Override
    public Verdict request(Exchange exchange, Head head) {
      boolean matters = admission.overload.isShedding();
      return admission.admit(exchange, matters ? priority(head) : Priority.CRITICAL);
    }

    private static Priority priority(Head head) {
      int at = head.find(PRIORITY, 0);
      Priority said = at < 0 ? null : BY_NAME.get(head.value(at).toLowerCase(Locale.ROOT));
      return said == null ? Priority.CRITICAL : said;
    }

    @Override
    public void end(Exchange exchange) {
      admission.end(exchange);
    }
  }
}
