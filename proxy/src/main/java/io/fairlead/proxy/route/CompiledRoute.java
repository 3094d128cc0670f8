package io.fairlead.proxy.route;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.proxy.access.CorsRules;
import io.fairlead.proxy.access.KeyRing;
import io.fairlead.proxy.exchange.Affinity;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.GlobalLimit;
import io.fairlead.proxy.exchange.InjectedFault;
import io.fairlead.proxy.exchange.MatchedRoute;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Head;
import io.fairlead.resilience.Priority;
import io.fairlead.resilience.RateLimiter;
import io.fairlead.traffic.Share;
import org.jspecify.annotations.Nullable;

/**
 * A route ready for use. Immutable.
 *
 * @param match which requests take it
 * @param keys who may call it, or null for everybody
 * @param rateLimiter bounds its requests, or null
 * @param globalLimit what a service counts of them, or null
 * @param fault faults that are injected into them, or null
 * @param cors what pages of other origins may do, or null
 * @param priority of its requests when memory is short, or null
 * @param action what it does with them
 */
record CompiledRoute(
    String name,
    RouteMatch match,
    @Nullable KeyRing keys,
    @Nullable RateLimiter rateLimiter,
    @Nullable GlobalLimit globalLimit,
    @Nullable InjectedFault fault,
    @Nullable CorsRules cors,
    @Nullable Priority priority,
    CompiledAction action)
    implements MatchedRoute {
  private static final byte[] HOST = "host: ".getBytes(ISO_8859_1);

  @Override
  public Verdict act(Exchange exchange, Head head) {
    return switch (action) {
      case CompiledAction.Redirect(var location) -> location.reply(exchange.peer(), head);
      case CompiledAction.Direct(var reply) -> reply;
      case CompiledAction.Forward forward -> {
        exchange.target(forward.targets().pick(exchange.loop()), head);
        for (CompiledAction.Mirror mirror : forward.mirrors()) {
          if (exchange.loop().random(Share.WHOLE) < mirror.perMillion()) {
            exchange.mirror(mirror.target());
          }
        }
        forward.path().apply(head);
        forward.request().apply(head, exchange.loop().writer());
        nameHost(exchange, head, forward);
        yield Upgrading.apply(exchange, head, forward.upgrades());
      }
    };
  }

  /** HTTP/1.1 goes on, so there is exactly one Host field whatever came and was changed. */
  private static void nameHost(Exchange exchange, Head head, CompiledAction.Forward forward) {
    if (forward.namesHost() || head.find(Field.HOST, 0) >= 0) {
      return;
    }
    var writer = exchange.loop().writer();
    if (head.authorityTo() > head.authorityFrom()) {
      writer.add(HOST, head.octets(), head.authorityFrom(), head.authorityTo());
    } else {
      writer.add(HOST, exchange.target().upstream().name());
    }
  }

  @Override
  public void answer(Exchange exchange, Head head) {
    if (action instanceof CompiledAction.Forward forward) {
      forward.response().apply(head, exchange.loop().writer());
      Affinity affinity = exchange.affinity();
      if (affinity != null && affinity.cookie() != null) {
        exchange.loop().writer().add(affinity.cookie());
      }
    }
  }
}
