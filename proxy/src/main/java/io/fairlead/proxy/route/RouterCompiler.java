package io.fairlead.proxy.route;

import io.fairlead.proxy.access.CorsRules;
import io.fairlead.proxy.access.KeyRing;
import io.fairlead.proxy.exchange.AffinityKey;
import io.fairlead.proxy.exchange.InjectedFault;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.MirrorTarget;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.exchange.Upstream;
import io.fairlead.proxy.http1.HeadChanges;
import io.fairlead.proxy.metric.CheckMetrics;
import io.fairlead.proxy.metric.MirrorMetrics;
import io.fairlead.proxy.policy.PolicyRegistry;
import io.fairlead.resilience.HedgeSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetryOn;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.GlobalRateLimit;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteAction.PathRewrite;
import io.fairlead.traffic.RouteFilters;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.TcpRoute;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
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

  /** The budget of hedges where nothing is retried but what never left. */
  private static final RetrySettings HEDGES_ALONE =
      RetrySettings.defaults()
          .withMaxRetries(2)
          .withInitialDelay(Duration.ZERO)
          .withOn(EnumSet.of(RetryOn.CONNECT_FAILURE));

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

  private final CompiledRoutes before;
  private final CompiledRoutes compiled;
  private final PolicyRegistry.Draft policies;
  private final Duration defaultIdle;
  private final Asking observed;
  private final BiConsumer<String, String> faults;

  /**
   * A running cluster, what the configuration says of it, and what ties requests to one of its
   * endpoints.
   */
  public record Destination(Upstream upstream, Cluster cluster, @Nullable AffinityKey affinity) {
    boolean speaksHttp2() {
      return cluster.protocol() == Cluster.Protocol.HTTP_2;
    }

    ResilienceSettings resilience() {
      return cluster.resilience();
    }
  }

  /** Who asks rate limit services, and where it is counted what they and mirrors say. */
  public record Asking(String serviceName, CheckMetrics checks, MirrorMetrics mirrors) {}

  /**
   * @param destinations the clusters of the configuration, by name
   * @param before what was made of the configuration in force
   * @param policies state machines of the configuration
   * @param defaultIdle idle timeout of exchanges where no policy has one
   * @param observed who asks rate limit services
   * @param faults told the name of a table and what is wrong in it
   */
  public RouterCompiler(
      Map<String, Destination> destinations,
      CompiledRoutes before,
      PolicyRegistry.Draft policies,
      Duration defaultIdle,
      Asking observed,
      BiConsumer<String, String> faults) {
    compiled = new CompiledRoutes(destinations);
    this.before = before;
    this.policies = policies;
    this.defaultIdle = defaultIdle;
    this.observed = observed;
    this.faults = faults;
  }

  /** What has been made of routes so far. */
  public CompiledRoutes compiled() {
    return compiled;
  }

  /** The table's router; faults are told and their routes left out. */
  public Router compile(RouteTable table) {
    Map<String, PathIndex> byDomain = new HashMap<>();
    for (RouteTable.VirtualHost host : table.virtualHosts()) {
      var index = new PathIndex(routes(table, host));
      host.domains().forEach(domain -> byDomain.put(domain, index));
    }
    return new Router(byDomain);
  }

  List<CompiledRoute> routes(RouteTable table, RouteTable.VirtualHost host) {
    String name = table.name();
    List<CompiledRoute> routes = new ArrayList<>();
    for (Route route : host.routes()) {
      compiled
          .compile(name, route, before, policies, () -> compile(name, route))
          .ifPresent(routes::add);
    }
    return routes;
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
        Destination destination = compiled.destination(share.cluster());
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

  /**
   * What becomes of connections that were opened to endpoints.
   *
   * @param clusters of the endpoints' addresses; each must be there
   */
  public Destinations compile(Map<HostPort, String> clusters) {
    Map<String, Destinations.Known> byCluster = new HashMap<>();
    Map<HostPort, Destinations.Known> known = new HashMap<>();
    clusters.forEach(
        (address, cluster) -> known.put(address, byCluster.computeIfAbsent(cluster, this::known)));
    return new Destinations(known);
  }

  private Destinations.Known known(String cluster) {
    Destination destination = compiled.destination(cluster);
    if (destination == null) {
      throw new IllegalArgumentException("cluster: " + cluster + " does not exist");
    }
    Target connection = target(cluster, cluster, destination);
    return new Destinations.Known(
        compile("(addresses)", Route.straight(cluster)).orElseThrow(),
        new CompiledAction.Targets(List.of(connection), List.of(1)));
  }

  /** A connection that is passed on is guarded by its cluster alone, and may be silent for long. */
  private Target target(String route, String name, Destination destination) {
    ResilienceSettings shared = destination.resilience();
    return new Target(
        route,
        destination.upstream(),
        new Target.Timeouts(
            0, shared.timeout().map(TimeoutSettings::idle).orElse(TCP_IDLE).toNanos(), 0, 0),
        shared.retry().map(settings -> policies.retry(name, settings)).orElse(null),
        shared.circuitBreaker().map(settings -> policies.breaker(name, settings)).orElse(null),
        shared.bulkhead().map(settings -> policies.bulkhead(name, settings)).orElse(null),
        shared.adaptiveLimit().map(settings -> policies.limit(name, settings)).orElse(null),
        Set.of(),
        null,
        null,
        null);
  }

  private Optional<CompiledRoute> compile(String table, Route route) {
    RouteMatch match = new RouteMatch(route.match());
    if (replacesUnknownPrefix(route)) {
      faults.accept(
          table, "route " + route.name() + ": a prefix is replaced only where one is matched");
      return Optional.empty();
    }
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
    return action.map(does -> compile(table, route, match, does));
  }

  private CompiledRoute compile(
      String table, Route route, RouteMatch match, CompiledAction action) {
    RouteFilters filters = route.filters();
    return new CompiledRoute(
        route.name(),
        match,
        route.apiKeys().map(KeyRing::new).orElse(null),
        route
            .resilience()
            .rateLimit()
            .map(limit -> policies.rateLimiter(key(table, route), limit))
            .orElse(null),
        filters.globalRateLimit().map(limit -> limit(table, route, limit)).orElse(null),
        filters.fault().map(RouterCompiler::fault).orElse(null),
        filters.cors().map(CorsRules::new).orElse(null),
        filters.priority().orElse(null),
        action);
  }

  private @Nullable CompiledLimit limit(String table, Route route, GlobalRateLimit limit) {
    Destination service = compiled.destination(limit.cluster());
    if (service == null || !service.speaksHttp2()) {
      String lack = service == null ? " does not exist" : " must speak HTTP/2";
      faults.accept(table, "route " + route.name() + ": cluster " + limit.cluster() + lack);
      return null;
    }
    String first =
        route.action() instanceof RouteAction.Forward forward && !forward.clusters().isEmpty()
            ? forward.clusters().getFirst().cluster()
            : "";
    return new CompiledLimit(
        limit,
        Target.unguarded("global rate limit", service.upstream(), limit.timeout()),
        new CompiledLimit.Names(observed.serviceName(), first),
        observed.checks().rateLimit(limit.cluster()));
  }

  private static InjectedFault fault(RouteFilters.FaultInjection fault) {
    RouteMatch applies =
        new RouteMatch(
            new Route.Match(
                new Route.PathMatch.Prefix("/"), List.of(), fault.headers(), List.of()));
    return new InjectedFault(
        fault.delay().map(delay -> delay.fixed().toNanos()).orElse(0L),
        fault.delay().map(delay -> delay.share().perMillion()).orElse(0),
        fault
            .abort()
            .map(a -> LocalReply.of(Reason.FAULT_INJECTED, a.status(), "a fault was injected"))
            .orElse(null),
        fault.abort().map(abort -> abort.share().perMillion()).orElse(0),
        applies::matchesHeaders);
  }

  private static boolean replacesUnknownPrefix(Route route) {
    Optional<PathRewrite> rewrite =
        switch (route.action()) {
          case RouteAction.Forward forward -> forward.pathRewrite();
          case RouteAction.Redirect redirect -> redirect.path();
          case RouteAction.DirectResponse direct -> Optional.empty();
        };
    boolean pattern =
        switch (route.match().path()) {
          case Route.PathMatch.Regex regex -> true;
          case Route.PathMatch.Template template -> true;
          case Route.PathMatch.Exact exact -> false;
          case Route.PathMatch.Prefix prefix -> false;
        };
    return pattern && rewrite.filter(PathRewrite.ReplacePrefix.class::isInstance).isPresent();
  }

  private static String key(String table, Route route) {
    return table + "/" + route.name();
  }

  private Optional<CompiledAction> forward(
      String table, Route route, RouteAction.Forward forward, RouteMatch match) {
    List<Target> targets = new ArrayList<>();
    List<Integer> weights = new ArrayList<>();
    for (RouteAction.WeightedCluster share : forward.clusters()) {
      Target target = target(table, route, share.cluster(), route.resilience());
      if (target != null) {
        targets.add(target);
        weights.add(share.weight());
      }
    }
    List<CompiledAction.Mirror> mirrors = new ArrayList<>();
    for (RouteFilters.Mirror mirror : route.filters().mirrors()) {
      Target target = mirror(table, route, mirror.cluster());
      if (target != null) {
        var counted = new MirrorTarget(target, observed.mirrors().of(mirror.cluster()));
        mirrors.add(new CompiledAction.Mirror(counted, mirror.share().perMillion()));
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
    boolean known =
        targets.size() == forward.clusters().size()
            && mirrors.size() == route.filters().mirrors().size();
    if (!framed || !known) {
      return Optional.empty();
    }
    return Optional.of(
        new CompiledAction.Forward(
            new CompiledAction.Targets(targets, weights),
            List.copyOf(mirrors),
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

  /** Copies are sent once, and guarded by nothing that the originals are guarded by. */
  private @Nullable Target mirror(String table, Route route, String cluster) {
    Target target = target(table, route, cluster, ResilienceSettings.none());
    return target == null
        ? null
        : new Target(
            target.route(),
            target.upstream(),
            target.timeouts(),
            null,
            target.breaker(),
            target.bulkhead(),
            target.limit(),
            Set.of(),
            null,
            null,
            null);
  }

  private @Nullable Target target(String table, Route route, String name, ResilienceSettings own) {
    Destination destination = compiled.destination(name);
    if (destination == null) {
      faults.accept(table, "route " + route.name() + ": cluster " + name + " does not exist");
      return null;
    }
    ResilienceSettings shared = destination.resilience();
    String key = key(table, route);
    Optional<TimeoutSettings> timeout = own.timeout().or(shared::timeout);
    return new Target(
        route.name(),
        destination.upstream(),
        new Target.Timeouts(
            timeout.map(t -> t.request().toNanos()).orElse(0L),
            timeout.map(TimeoutSettings::idle).orElse(defaultIdle).toNanos(),
            route.filters().perTry().map(Duration::toNanos).orElse(0L),
            route.filters().limits().firstByte().map(Duration::toNanos).orElse(0L)),
        own.retry()
            .map(settings -> policies.retry(key, settings))
            .or(() -> shared.retry().map(settings -> policies.retry(name, settings)))
            .or(() -> hedge(route).map(unused -> policies.retry(key, HEDGES_ALONE)))
            .orElse(null),
        own.circuitBreaker()
            .map(settings -> policies.breaker(key, settings))
            .or(() -> shared.circuitBreaker().map(settings -> policies.breaker(name, settings)))
            .orElse(null),
        own.bulkhead()
            .map(settings -> policies.bulkhead(key, settings))
            .or(() -> shared.bulkhead().map(settings -> policies.bulkhead(name, settings)))
            .orElse(null),
        own.adaptiveLimit()
            .map(settings -> policies.limit(key, settings))
            .or(() -> shared.adaptiveLimit().map(settings -> policies.limit(name, settings)))
            .orElse(null),
        route.filters().retryCodes(),
        bodyLimits(route.filters().limits()),
        destination.affinity(),
        hedge(route)
            .map(hedge -> new Target.Hedging(hedge.delay().toNanos(), hedge.maxHedges()))
            .orElse(null));
  }

  private static Optional<HedgeSettings> hedge(Route route) {
    return route.filters().hedge().filter(hedge -> hedge.maxHedges() > 0);
  }

  private static Target.@Nullable BodyLimits bodyLimits(RouteFilters.Limits limits) {
    if (limits.maxBodyBytes().isEmpty() && limits.minBodyRate().isEmpty()) {
      return null;
    }
    long window = limits.minBodyRate().map(rate -> rate.window().toNanos()).orElse(0L);
    long rate = limits.minBodyRate().map(RouteFilters.Limits.BodyRate::bytesPerSecond).orElse(0);
    return new Target.BodyLimits(
        limits.maxBodyBytes().orElse(Long.MAX_VALUE),
        window,
        (long) Math.ceil((double) window / TimeUnit.SECONDS.toNanos(1) * rate));
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
