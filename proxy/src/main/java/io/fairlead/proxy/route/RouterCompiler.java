package io.fairlead.proxy.route;

import io.fairlead.proxy.access.KeyRing;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.exchange.Upstream;
import io.fairlead.proxy.http1.HeadChanges;
import io.fairlead.proxy.policy.PolicyRegistry;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.TcpRoute;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes routers of route tables. A policy of a route guards that route with a state machine of its
 * own; what a route leaves open is guarded by its cluster's, which all routes to it share.
 */
public final class RouterCompiler {
  /** Field lines that a route may add; leaves room for those that the proxy adds itself. */
  private static final int MAX_ADDED_BYTES = 8 << 10;

  /** Protocols that nobody looks into may say nothing for longer than a request may take. */
  private static final Duration TCP_IDLE = Duration.ofHours(1);

  private static final Set<String> UNCHANGEABLE =
      Set.of(
          "content-length",
          "transfer-encoding",
          "connection",
          "keep-alive",
          "upgrade",
          "te",
          "trailer",
          "expect");

  private final Map<String, Destination> destinations;
  private final PolicyRegistry.Draft policies;
  private final Duration defaultIdle;
  private final BiConsumer<String, String> faults;

  /** A running cluster and the policies of calls to it. */
  public record Destination(Upstream upstream, ResilienceSettings resilience) {}

  /**
   * @param destinations the clusters of the configuration, by name
   * @param policies state machines of the configuration
   * @param defaultIdle idle timeout of exchanges where no policy has one
   * @param faults told the name of a table and what is wrong in it
   */
  public RouterCompiler(
      Map<String, Destination> destinations,
      PolicyRegistry.Draft policies,
      Duration defaultIdle,
      BiConsumer<String, String> faults) {
    this.destinations = destinations;
    this.policies = policies;
    this.defaultIdle = defaultIdle;
    this.faults = faults;
  }

  /** The table's router; faults are told and their routes left out. */
  public Router compile(RouteTable table) {
    Map<String, PathIndex> byDomain = new HashMap<>();
    for (RouteTable.VirtualHost host : table.virtualHosts()) {
      List<CompiledRoute> routes = new ArrayList<>();
      for (Route route : host.routes()) {
        compile(table.name(), route).ifPresent(routes::add);
      }
      var index = new PathIndex(routes);
      host.domains().forEach(domain -> byDomain.put(domain, index));
    }
    return new Router(byDomain);
  }

  /**
   * Where the connections of a listener go that are passed on.
   *
   * @param missing told what the configuration lacks
   */
  public TcpRouter compile(List<TcpRoute> routes, Consumer<String> missing) {
    Map<String, CompiledAction.Targets> byName = new HashMap<>();
    CompiledAction.Targets rest = null;
    for (TcpRoute route : routes) {
      List<Target> targets = new ArrayList<>();
      List<Integer> weights = new ArrayList<>();
      for (RouteAction.WeightedCluster share : route.clusters()) {
        Destination destination = destinations.get(share.cluster());
        if (destination == null) {
          missing.accept(
              "route " + route.name() + ": cluster " + share.cluster() + " does not exist");
        } else {
          targets.add(target(route.name(), share.cluster(), destination));
          weights.add(share.weight());
        }
      }
      if (targets.size() == route.clusters().size()) {
        var compiled = new CompiledAction.Targets(targets, weights);
        route.serverNames().forEach(name -> byName.put(name, compiled));
        rest = route.serverNames().isEmpty() ? compiled : rest;
      }
    }
    return new TcpRouter(byName, rest);
  }

  /** A connection that is passed on is guarded by its cluster alone, and may be silent for long. */
  private Target target(String route, String name, Destination destination) {
    ResilienceSettings shared = destination.resilience();
    return new Target(
        route,
        destination.upstream(),
        new Target.Timeouts(
            0, shared.timeout().map(TimeoutSettings::idle).orElse(TCP_IDLE).toNanos()),
        shared.retry().map(settings -> policies.retry(name, settings)).orElse(null),
        shared.circuitBreaker().map(settings -> policies.breaker(name, settings)).orElse(null),
        shared.bulkhead().map(settings -> policies.bulkhead(name, settings)).orElse(null));
  }

  private Optional<CompiledRoute> compile(String table, Route route) {
    RouteMatch match = new RouteMatch(route.match());
    Optional<CompiledAction> action =
        switch (route.action()) {
          case RouteAction.Forward forward -> forward(table, route, forward, match);
          case RouteAction.Redirect redirect ->
              Optional.of(
                  new CompiledAction.Redirect(
                      new Location(
                          redirect, PathChange.of(redirect.path(), match.matchedLength()))));
          case RouteAction.DirectResponse(var status, var body) ->
              Optional.of(
                  new CompiledAction.Direct(
                      new LocalReply(
                          Reason.DIRECT_RESPONSE,
                          status,
                          List.of(),
                          "text/plain; charset=utf-8",
                          body)));
        };
    return action.map(
        does ->
            new CompiledRoute(
                route.name(),
                match,
                route.apiKeys().map(KeyRing::new).orElse(null),
                route
                    .resilience()
                    .rateLimit()
                    .map(limit -> policies.rateLimiter(key(table, route), limit))
                    .orElse(null),
                does));
  }

  private static String key(String table, Route route) {
    return table + "/" + route.name();
  }

  private Optional<CompiledAction> forward(
      String table, Route route, RouteAction.Forward forward, RouteMatch match) {
    List<Target> targets = new ArrayList<>();
    List<Integer> weights = new ArrayList<>();
    for (RouteAction.WeightedCluster share : forward.clusters()) {
      Target target = target(table, route, share.cluster());
      if (target != null) {
        targets.add(target);
        weights.add(share.weight());
      }
    }
    HeadChanges request = changes(route.requestHeaders(), forward.hostRewrite());
    HeadChanges response = changes(route.responseHeaders(), Optional.empty());
    if (Math.max(request.addedBytes(), response.addedBytes()) > MAX_ADDED_BYTES) {
      faults.accept(
          table, "route " + route.name() + ": adds more than " + MAX_ADDED_BYTES + " octets");
      return Optional.empty();
    }
    boolean framed =
        checkNames(table, route, route.requestHeaders())
            & checkNames(table, route, route.responseHeaders());
    if (!framed || targets.size() < forward.clusters().size()) {
      return Optional.empty();
    }
    return Optional.of(
        new CompiledAction.Forward(
            new CompiledAction.Targets(targets, weights),
            PathChange.of(forward.pathRewrite(), match.matchedLength()),
            request,
            response,
            forward.hostRewrite().isPresent()
                || route.requestHeaders().set().stream().anyMatch(f -> f.name().equals("host")),
            forward.allowed()));
  }

  /** Fields that frame a message or belong to one connection are the proxy's own. */
  private boolean checkNames(String table, Route route, HeaderChanges changes) {
    List<String> names = new ArrayList<>(changes.remove());
    changes.set().forEach(field -> names.add(field.name()));
    changes.add().forEach(field -> names.add(field.name()));
    names.retainAll(UNCHANGEABLE);
    names.forEach(
        name ->
            faults.accept(table, "route " + route.name() + ": header " + name + " cannot change"));
    return names.isEmpty();
  }

  private @Nullable Target target(String table, Route route, String name) {
    Destination destination = destinations.get(name);
    if (destination == null) {
      faults.accept(table, "route " + route.name() + ": cluster " + name + " does not exist");
      return null;
    }
    ResilienceSettings own = route.resilience();
    ResilienceSettings shared = destination.resilience();
    String key = key(table, route);
    Optional<TimeoutSettings> timeout = own.timeout().or(shared::timeout);
    return new Target(
        route.name(),
        destination.upstream(),
        new Target.Timeouts(
            timeout.map(t -> t.request().toNanos()).orElse(0L),
            timeout.map(TimeoutSettings::idle).orElse(defaultIdle).toNanos()),
        own.retry()
            .map(settings -> policies.retry(key, settings))
            .or(() -> shared.retry().map(settings -> policies.retry(name, settings)))
            .orElse(null),
        own.circuitBreaker()
            .map(settings -> policies.breaker(key, settings))
            .or(() -> shared.circuitBreaker().map(settings -> policies.breaker(name, settings)))
            .orElse(null),
        own.bulkhead()
            .map(settings -> policies.bulkhead(key, settings))
            .or(() -> shared.bulkhead().map(settings -> policies.bulkhead(name, settings)))
            .orElse(null));
  }

  private static HeadChanges changes(HeaderChanges changes, Optional<String> host) {
    List<String> dropped = new ArrayList<>(changes.remove());
    List<String> added = new ArrayList<>();
    changes.set().forEach(field -> dropped.add(field.name()));
    changes.set().forEach(field -> added.add(field.name() + ": " + field.value()));
    changes.add().forEach(field -> added.add(field.name() + ": " + field.value()));
    host.ifPresent(
        name -> {
          dropped.add("host");
          added.add("host: " + name);
        });
    return dropped.isEmpty() && added.isEmpty()
        ? HeadChanges.NONE
        : new HeadChanges(dropped, added);
  }
}
