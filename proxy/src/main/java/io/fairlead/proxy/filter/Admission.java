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
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the requests that are under way, an equal share on each loop, so that overload is answered
 * early with 503 instead of filling memory, and refuses requests by their priority when memory is
 * short. One for the whole data plane. Safe for all loops; {@link #of} makes the layers.
 *
 * <p>A request may say its priority in {@code x-fairlead-priority}, which is believed of
 * applications and peers of the mesh, but not of whoever calls a gateway. Otherwise it has that of
 * its route, which is not known yet: it is refused here if that of no route would do, and else by
 * {@link RoutePriority}. Where neither says anything it is {@link Priority#CRITICAL}.
 */
public final class Admission {
  /** Counts of different loops lie in different cache lines. */
  private static final int STRIDE = 16;

  /** The field by which a request says its priority, in lower case. */
  private static final byte[] PRIORITY = "x-fairlead-priority".getBytes(US_ASCII);

  private static final LocalReply TOO_MANY =
      LocalReply.of(Reason.OVERLOAD, "too many requests are under way");
  static final LocalReply SHED =
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

  /**
   * What bounds the requests of a listener. Immutable.
   *
   * @param entrance knows the request alone
   * @param behindRouting knows its route too; none where no route has a priority
   */
  public record Layers(Layer entrance, List<Layer> behindRouting) {
    public Layers {
      behindRouting = List.copyOf(behindRouting);
    }
  }

  /**
   * The layers of a listener whose clients may say how important their requests are, or not.
   *
   * @param highest priority that a request can have by its route; empty where none has one
   */
  public Layers of(Listener.Role role, Optional<Priority> highest) {
    boolean believing = believes(role);
    return new Layers(
        new Entrance(this, believing, highest.orElse(Priority.CRITICAL)),
        highest.isEmpty() ? List.of() : List.of(new RoutePriority(overload, believing)));
  }

  private static boolean believes(Listener.Role role) {
    return switch (role) {
      case INBOUND, OUTBOUND -> true;
      case GATEWAY -> false;
    };
  }

  /** What a request says of itself, or null. */
  static @Nullable Priority said(Head head) {
    int at = head.find(PRIORITY, 0);
    return at < 0 ? null : Priority.of(head.value(at)).orElse(null);
  }

  private Verdict admit(Exchange exchange, Priority priority) {
    if (++active[exchange.loop().index() * STRIDE] > maxPerLoop) {
      return TOO_MANY;
    }
    return overload.sheds(priority) ? SHED : Verdict.PASS;
  }

  private void end(Exchange exchange) {
    active[exchange.loop().index() * STRIDE]--;
  }

  /** Asks the request how important it is, as soon as that matters. Immutable. */
  private record Entrance(Admission admission, boolean believing, Priority highest)
      implements Layer {
    @Override
    public Verdict request(Exchange exchange, Head head) {
      boolean asks = believing && admission.overload.isShedding();
      Priority said = asks ? said(head) : null;
      return admission.admit(exchange, said == null ? highest : said);
    }

    @Override
    public void end(Exchange exchange) {
      admission.end(exchange);
    }
  }
}
