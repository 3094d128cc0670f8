package io.fairlead.proxy;

import io.fairlead.proxy.ApplyResult.Applied;
import io.fairlead.proxy.ApplyResult.Rejected;
import io.fairlead.proxy.ApplyResult.ResourceFault;
import io.fairlead.proxy.access.Authorization;
import io.fairlead.proxy.downstream.Entrance;
import io.fairlead.proxy.downstream.ListenerPort;
import io.fairlead.proxy.exchange.AffinityKey;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.Stack;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.exchange.Upstream;
import io.fairlead.proxy.filter.Admission;
import io.fairlead.proxy.filter.Authorizing;
import io.fairlead.proxy.filter.ExternalAuthorizing;
import io.fairlead.proxy.filter.HeadBound;
import io.fairlead.proxy.filter.ListenerRateLimit;
import io.fairlead.proxy.filter.RoutePriority;
import io.fairlead.proxy.hash.RequestHash;
import io.fairlead.proxy.jwt.Authenticating;
import io.fairlead.proxy.jwt.KeySources;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.proxy.policy.PolicyRegistry;
import io.fairlead.proxy.route.CompiledRoutes;
import io.fairlead.proxy.route.Router;
import io.fairlead.proxy.route.RouterCompiler;
import io.fairlead.proxy.tls.ClientTlsContext;
import io.fairlead.proxy.tls.ServerTlsContext;
import io.fairlead.proxy.tls.TlsContexts;
import io.fairlead.proxy.upstream.DnsNames;
import io.fairlead.proxy.upstream.HostLookup;
import io.fairlead.proxy.upstream.Members;
import io.fairlead.proxy.upstream.UpstreamCluster;
import io.fairlead.proxy.upstream.Zones;
import io.fairlead.resilience.Priority;
import io.fairlead.resilience.Ticker;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.Endpoints;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.HttpFilter;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Puts snapshots of the traffic model in force.
 *
 * <p>In two steps, so that a faulty one changes nothing. First everything is made: routers, policy
 * state machines, TLS contexts, sockets of new listeners; every fault on the way is collected. Only
 * if there is none, what was made takes its place: clusters first, then policies, then the stacks
 * that use them, then what is no longer there goes. Requests under way keep the stack and target
 * that they started with, and connections stay open.
 *
 * <p>One thread at a time; {@link DataPlane} sees to that.
 */
final class LiveConfiguration {
  /**
   * A heap that grew to so much while nothing was served gets one full collection before anybody
   * waits for it: the JVM gives no more room to what is new until then, and each change of a large
   * configuration would fill that several times and push its garbage among what stays.
   */
  private static final long LARGE_HEAP_BYTES = 32 << 20;

  private final DataPlaneSettings settings;
  private final Loops loops;
  private final PolicyRegistry policies;
  private final Admission admission;
  private final Observation observation;
  private final TlsContexts contexts;
  private final HostLookup lookup;
  private final KeySources keySources;
  private volatile Map<Place, ListenerPort> ports = Map.of();
  private volatile Map<String, UpstreamCluster> clusters = Map.of();
  private volatile Snapshot snapshot = Snapshot.EMPTY;
  private CompiledRoutes routes = CompiledRoutes.NONE;

  /** What a socket belongs to: its address, or its listener where any free port will do. */
  private record Place(HostPort address, String listener) {
    static Place of(Listener listener) {
      boolean free = listener.address().port() == 0;
      return new Place(listener.address(), free ? listener.name() : "");
    }
  }

  LiveConfiguration(
      DataPlaneSettings settings,
      Loops loops,
      PolicyRegistry policies,
      Admission admission,
      Observation observation,
      TlsContexts contexts,
      HostLookup lookup) {
    this.settings = settings;
    this.loops = loops;
    this.policies = policies;
    this.admission = admission;
    this.observation = observation;
    this.contexts = contexts;
    this.lookup = lookup;
    keySources = new KeySources(Ticker.system(), loops.all().size());
  }

  Snapshot snapshot() {
    return snapshot;
  }

  Map<String, UpstreamCluster> clusters() {
    return clusters;
  }

  int waitingForBulkheads() {
    return policies.waitingForBulkheads();
  }

  List<ListenerPort> ports() {
    return List.copyOf(ports.values());
  }

  ApplyResult apply(Snapshot wanted) {
    Draft draft = new Draft(wanted);
    draft.make();
    if (!draft.faults.isEmpty()) {
      draft.discard();
      return new Rejected(draft.faults);
    }
    if (ports.isEmpty() && Runtime.getRuntime().totalMemory() >= LARGE_HEAP_BYTES) {
      System.gc();
    }
    return draft.commit();
  }

  /** A cluster of a configuration that is being made. */
  private record MadeCluster(UpstreamCluster cluster, Members members) {}

  /** A listener of a configuration that is being made. */
  private record MadeListener(Listener listener, Serving serving, ListenerPort port) {}

  /** How the connections of a listener are served. */
  private record Serving(Stack stack, @Nullable ServerTlsContext tls, Entrance entrance) {
    void serveBy(ListenerPort port) {
      port.entrance(entrance, tls);
      port.stack(stack);
    }
  }

  /** A configuration that is being made. */
  private final class Draft {
    private final Snapshot wanted;
    private final Optional<Priority> highest;
    private final List<ResourceFault> faults = new ArrayList<>();
    private final PolicyRegistry.Draft policyDraft = policies.draft();
    private final KeySources.Draft keyDraft = keySources.draft();
    private final TlsContexts.Draft tlsDraft;
    private final Map<String, MadeCluster> madeClusters = new LinkedHashMap<>();
    private final Map<Place, MadeListener> madeListeners = new LinkedHashMap<>();
    private CompiledRoutes madeRoutes = CompiledRoutes.NONE;

    Draft(Snapshot wanted) {
      this.wanted = wanted;
      highest = RoutePriority.highest(wanted.routeTables());
      tlsDraft =
          contexts.draft(wanted.secrets(), (name, message) -> fault("secret", name, message));
    }

    private void fault(String kind, String name, String message) {
      faults.add(new ResourceFault(kind, name, message));
    }

    void make() {
      makeClusters();
      RouterCompiler compiler = compiler(made -> made.cluster, routes);
      madeRoutes = compiler.compiled();
      Interceptions interceptions =
          new Interceptions(
              loops,
              compiler,
              () ->
                  compiler(made -> made.cluster.atOriginal(), CompiledRoutes.NONE)
                      .compile(addresses()),
              (name, message) -> fault("listener", name, message));
      Map<String, Router> routers = makeRouters(compiler);
      Map<Listener, Serving> servings = new LinkedHashMap<>();
      for (Listener listener : wanted.listeners()) {
        ServerTlsContext tls =
            listener
                .tls()
                .map(own -> tlsDraft.server(own, m -> fault("listener", listener.name(), m)))
                .orElse(null);
        Router router = routers.get(listener.routeTable());
        if (router == null) {
          String missing = "route table " + listener.routeTable() + " does not exist";
          fault("listener", listener.name(), missing);
        } else {
          Entrance entrance = interceptions.entrance(listener);
          Router best = interceptions.router(listener, router);
          servings.put(listener, new Serving(stack(listener, best), tls, entrance));
        }
      }
      // Sockets last: no port is opened for a configuration that is faulty anyway.
      if (faults.isEmpty()) {
        servings.forEach(this::makeListener);
      }
    }

    private void makeClusters() {
      Map<String, List<Endpoint>> byName = new HashMap<>();
      for (Endpoints endpoints : wanted.endpoints()) {
        byName.put(endpoints.name(), endpoints.endpoints());
      }
      for (Cluster cluster : wanted.clusters()) {
        ClientTlsContext tls =
            cluster
                .tls()
                .map(
                    own ->
                        tlsDraft.client(
                            own, cluster.protocol(), m -> fault("cluster", cluster.name(), m)))
                .orElse(null);
        List<Endpoint> endpoints =
            switch (cluster.discovery()) {
              case Cluster.Discovery.Static(var listed) -> listed;
              case Cluster.Discovery.StrictDns(var names, var rate) -> names;
              case Cluster.Discovery.LogicalDns(var name, var rate) -> List.of(name);
              case Cluster.Discovery.OriginalDst() -> List.of();
              case Cluster.Discovery.Eds(var name) -> byName.getOrDefault(name, List.of());
            };
        TimeoutSettings timeouts =
            cluster.resilience().timeout().orElseGet(TimeoutSettings::defaults);
        Members members =
            new Members(
                endpoints,
                cluster.loadBalancing(),
                timeouts.connect(),
                tls,
                cluster.protocol(),
                names(cluster.discovery()),
                cluster.health().orElse(null),
                cluster.limits().orElse(null),
                cluster.proxyProtocol().orElse(null),
                cluster.discovery() instanceof Cluster.Discovery.OriginalDst
                    ? Members.Choice.CLIENT
                    : Members.Choice.BALANCER,
                Zones.of(
                    settings.locality(), cluster.localities(), byName.get(settings.serviceName())));
        UpstreamCluster running = clusters.get(cluster.name());
        UpstreamCluster made =
            running != null
                ? running
                : new UpstreamCluster(
                    cluster.name(), loops, settings.pool(), settings.http1(), lookup, members);
        madeClusters.put(cluster.name(), new MadeCluster(made, members));
      }
    }

    /** The cluster of each address of an endpoint: the first that has it. */
    private Map<HostPort, String> addresses() {
      Map<HostPort, String> addresses = new HashMap<>();
      madeClusters.forEach(
          (name, made) ->
              made.members
                  .endpoints()
                  .forEach(
                      endpoint ->
                          Interceptions.literal(endpoint.address())
                              .ifPresent(address -> addresses.putIfAbsent(address, name))));
      return addresses;
    }

    /**
     * Compiles routes to these upstreams.
     *
     * @param before what may be used again of them
     */
    private RouterCompiler compiler(
        Function<MadeCluster, Upstream> upstream, CompiledRoutes before) {
      Map<String, RouterCompiler.Destination> destinations = new HashMap<>();
      for (Cluster cluster : wanted.clusters()) {
        MadeCluster made = madeClusters.get(cluster.name());
        if (made != null) {
          destinations.put(
              cluster.name(),
              destination(upstream.apply(made), cluster, before.known(cluster.name())));
        }
      }
      return new RouterCompiler(
          destinations,
          before,
          policyDraft,
          settings.exchangeIdle(),
          observation.asking(),
          (table, message) -> fault("routeTable", table, message));
    }

    /** The one of before if it is the same, since routes are kept with it. */
    private static RouterCompiler.Destination destination(
        Upstream upstream, Cluster cluster, RouterCompiler.@Nullable Destination before) {
      if (before != null && before.upstream() == upstream && before.cluster().equals(cluster)) {
        return before;
      }
      return new RouterCompiler.Destination(upstream, cluster, affinity(cluster.loadBalancing()));
    }

    /** By name; the empty name stands for no routes at all. */
    private Map<String, Router> makeRouters(RouterCompiler compiler) {
      Map<String, Router> routers = new HashMap<>();
      routers.put("", compiler.compile(new RouteTable("(none)", List.of())));
      for (RouteTable table : wanted.routeTables()) {
        routers.put(table.name(), compiler.compile(table));
      }
      return routers;
    }

    private static @Nullable DnsNames names(Cluster.Discovery discovery) {
      return switch (discovery) {
        case Cluster.Discovery.Eds eds -> null;
        case Cluster.Discovery.Static listed -> null;
        case Cluster.Discovery.OriginalDst chosen -> null;
        case Cluster.Discovery.StrictDns(var names, var rate) ->
            new DnsNames(DnsNames.Kind.STRICT, rate, null);
        case Cluster.Discovery.LogicalDns(var name, var rate) ->
            new DnsNames(DnsNames.Kind.LOGICAL, rate, null);
      };
    }

    private static @Nullable AffinityKey affinity(LoadBalancing balancing) {
      return switch (balancing) {
        case LoadBalancing.Simple simple -> null;
        case LoadBalancing.PeakEwma peak -> null;
        case LoadBalancing.RingHash ring -> RequestHash.of(ring.key());
        case LoadBalancing.Maglev maglev -> RequestHash.of(maglev.key());
      };
    }

    private Stack stack(Listener listener, Router router) {
      List<Layer> filters = new ArrayList<>();
      for (HttpFilter filter : listener.filters()) {
        filters.add(
            switch (filter) {
              case HttpFilter.Rbac rbac ->
                  new Authorizing(new Authorization(rbac, listener.address().port()));
              case HttpFilter.ExternalAuthorization external -> external(listener, external);
              case HttpFilter.JwtAuthentication(var providers) ->
                  Authenticating.of(
                      providers,
                      keyDraft,
                      InstantSource.system(),
                      message -> fault("listener", listener.name(), message));
              case HttpFilter.LocalRateLimit(var limit) ->
                  new ListenerRateLimit(
                      policyDraft.rateLimiter(
                          "listener " + listener.name() + "#" + filters.size(), limit));
            });
      }
      // Behind the loop, in which the names of rate limiters count the filters before them.
      listener.bounds().flatMap(HeadBound::of).ifPresent(filters::addFirst);
      StackParts parts =
          observation.parts(
              listener, wanted.clusters(), admission.of(listener.role(), highest), filters, router);
      return switch (listener.role()) {
        case INBOUND -> InboundStack.assemble(listener.name(), parts);
        case OUTBOUND -> OutboundStack.assemble(listener.name(), parts);
        case GATEWAY -> GatewayStack.assemble(listener.name(), parts);
      };
    }

    private Layer external(Listener listener, HttpFilter.ExternalAuthorization external) {
      MadeCluster made = madeClusters.get(external.cluster());
      if (made == null) {
        fault("listener", listener.name(), "cluster " + external.cluster() + " does not exist");
        return new Layer() {};
      }
      if (external.service() instanceof HttpFilter.ExternalAuthorization.Service.Grpc
          && made.members.protocol() != Cluster.Protocol.HTTP_2) {
        fault("listener", listener.name(), "cluster " + external.cluster() + " must speak HTTP/2");
      }
      return new ExternalAuthorizing(
          external,
          listener.address(),
          Target.unguarded("external authorization", made.cluster, external.timeout()),
          observation.checks().authorization(external.cluster()));
    }

    private void makeListener(Listener listener, Serving serving) {
      Place place = Place.of(listener);
      if (madeListeners.containsKey(place)) {
        fault("listener", listener.name(), "another listener has " + listener.address());
        return;
      }
      ListenerPort port = ports.get(place);
      if (port == null) {
        port =
            new ListenerPort(
                listener.name(), loops, settings.connections(), settings.http1(), serving.stack);
        // Before the first connection can come: it must not be served in plain text.
        serving.serveBy(port);
        try {
          port.bind(listener.address(), settings.sharing());
        } catch (IOException e) {
          fault("listener", listener.name(), String.valueOf(e.getMessage()));
          return;
        }
      }
      madeListeners.put(place, new MadeListener(listener, serving, port));
    }

    /** Closes the sockets that were opened in vain. */
    void discard() {
      tlsDraft.discard();
      madeListeners.forEach(
          (place, made) -> {
            if (ports.get(place) != made.port) {
              made.port.close();
            }
          });
    }

    Applied commit() {
      Map<String, UpstreamCluster> oldClusters = clusters;
      Map<String, UpstreamCluster> newClusters = new LinkedHashMap<>();
      madeClusters.forEach(
          (name, made) -> {
            made.cluster.members(made.members);
            newClusters.put(name, made.cluster);
          });
      clusters = Map.copyOf(newClusters);
      policyDraft.commit();
      keyDraft.commit();
      tlsDraft.commit();
      Map<Place, ListenerPort> oldPorts = ports;
      Map<Place, ListenerPort> newPorts = new LinkedHashMap<>();
      Map<String, HostPort> addresses = new LinkedHashMap<>();
      madeListeners.forEach(
          (place, made) -> {
            made.serving.serveBy(made.port);
            newPorts.put(place, made.port);
            addresses.put(made.listener.name(), made.port.address());
          });
      ports = Map.copyOf(newPorts);
      routes = madeRoutes;
      snapshot = wanted;
      oldPorts.forEach((place, port) -> retireUnless(newPorts.containsKey(place), port));
      oldClusters.forEach(
          (name, cluster) -> {
            if (!newClusters.containsKey(name)) {
              cluster.retire();
            }
          });
      return new Applied(addresses);
    }
  }

  private void retireUnless(boolean kept, ListenerPort port) {
    if (!kept) {
      port.drain();
      loops
          .all()
          .getFirst()
          .eventLoop()
          .schedule(port::close, settings.listenerDrain().toNanos(), TimeUnit.NANOSECONDS);
    }
  }
}
