package io.fairlead.proxy.route;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.GlobalLimit;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.grpc.ProtoWriter;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.metric.CheckCounts;
import io.fairlead.traffic.GlobalRateLimit;
import io.fairlead.traffic.GlobalRateLimit.Entry;
import io.fairlead.traffic.GlobalRateLimit.Entry.RequestHeader.Absence;
import io.fairlead.traffic.GlobalRateLimit.FailureMode;
import io.fairlead.traffic.Route;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@link GlobalRateLimit} ready for use. It writes envoy.service.ratelimit.v3.RateLimitRequest:
 * domain 1, descriptors 2. RateLimitDescriptor: entries 1 (key 1, value 2), hits_addend 3 (value
 * 1). Immutable.
 */
final class CompiledLimit implements GlobalLimit {
  private final GlobalRateLimit settings;
  private final Target target;
  private final Names names;
  private final CheckCounts counts;
  private final Descriptor[] descriptors;

  /** The names of both ends: the service beside the proxy, and the route's first cluster. */
  record Names(String source, String destination) {}

  private record Descriptor(List<Part> parts, int hits) {}

  /** Writes an entry; says whether the descriptor still stands. */
  private interface Part {
    boolean write(Exchange exchange, Head head, ProtoWriter out);
  }

  CompiledLimit(GlobalRateLimit settings, Target target, Names names, CheckCounts counts) {
    this.settings = settings;
    this.target = target;
    this.names = names;
    this.counts = counts;
    descriptors =
        settings.descriptors().stream()
            .map(own -> new Descriptor(own.entries().stream().map(this::part).toList(), own.hits()))
            .toArray(Descriptor[]::new);
  }

  private Part part(Entry entry) {
    return switch (entry) {
      case Entry.SourceCluster source -> fixed("source_cluster", names.source);
      case Entry.DestinationCluster destination -> fixed("destination_cluster", names.destination);
      case Entry.GenericKey(var key, var value) -> fixed(key, value);
      case Entry.RemoteAddress address ->
          (exchange, head, out) -> {
            String client = exchange.passage().client();
            add(out, "remote_address", client == null ? exchange.peer().address() : client);
            return true;
          };
      case Entry.Path path ->
          (exchange, head, out) -> {
            add(out, "path", head.pathText());
            return true;
          };
      case Entry.RequestHeader(var name, var key, var absence) -> {
        byte[] lower = name.getBytes(ISO_8859_1);
        yield (exchange, head, out) -> {
          int at = head.find(lower, 0);
          if (at >= 0) {
            add(out, key, head.value(at));
          }
          return at >= 0 || absence == Absence.ENTRY_LEFT_OUT;
        };
      }
      case Entry.HeaderValueMatch(var key, var value, var headers) -> {
        RouteMatch match =
            new RouteMatch(
                new Route.Match(new Route.PathMatch.Prefix("/"), List.of(), headers, List.of()));
        yield (exchange, head, out) -> {
          boolean matches = match.matchesHeaders(head);
          if (matches) {
            add(out, key, value);
          }
          return matches;
        };
      }
    };
  }

  private static Part fixed(String key, String value) {
    return (exchange, head, out) -> {
      add(out, key, value);
      return true;
    };
  }

  private static void add(ProtoWriter out, String key, String value) {
    out.entry(1, key, value);
  }

  @Override
  public byte @Nullable [] question(Exchange exchange, Head head) {
    ProtoWriter request = new ProtoWriter().text(1, settings.domain());
    int empty = request.length();
    for (Descriptor descriptor : descriptors) {
      ProtoWriter out = new ProtoWriter();
      boolean stands = true;
      for (Part part : descriptor.parts) {
        stands = stands && part.write(exchange, head, out);
      }
      if (stands && out.length() > 0) {
        if (descriptor.hits > 1) {
          out.message(3, hits -> hits.number(1, descriptor.hits));
        }
        request.bytes(2, out.toBytes());
      }
    }
    return request.length() == empty ? null : request.toBytes();
  }

  @Override
  public Target target() {
    return target;
  }

  @Override
  public boolean passesInSilence() {
    return settings.failureMode() == FailureMode.ALLOW;
  }

  @Override
  public void count(Answer answer) {
    counts.add(
        switch (answer) {
          case PASSED -> CheckCounts.Outcome.OK;
          case OVER_LIMIT -> CheckCounts.Outcome.DENIED;
          case REFUSED_IN_SILENCE -> CheckCounts.Outcome.ERROR;
          case PASSED_IN_SILENCE -> CheckCounts.Outcome.FAILURE_MODE_ALLOWED;
        });
  }
}
