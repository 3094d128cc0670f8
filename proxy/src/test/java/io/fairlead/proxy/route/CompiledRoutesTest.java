package io.fairlead.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.Upstream;
import io.fairlead.proxy.metric.CheckMetrics;
import io.fairlead.proxy.metric.MirrorMetrics;
import io.fairlead.proxy.policy.PolicyRegistry;
import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.PolicyEvents;
import io.fairlead.resilience.RateLimitSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.resilience.Ticker;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteTable;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CompiledRoutesTest {
  private static final ResilienceSettings OWN =
      ResilienceSettings.none()
          .withRetry(RetrySettings.defaults())
          .withRateLimit(RateLimitSettings.defaults());
  private static final ResilienceSettings SHARED =
      ResilienceSettings.none()
          .withCircuitBreaker(CircuitBreakerSettings.defaults())
          .withBulkhead(BulkheadSettings.defaults());

  private final PolicyRegistry registry = new PolicyRegistry(Ticker.system(), PolicyEvents.none());
  private CompiledRoutes inForce = CompiledRoutes.NONE;

  private record NamedUpstream(String name) implements Upstream {
    @Override
    public void open(Attempt attempt) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean hasOther(Attempt attempt) {
      return false;
    }
  }

  private static RouterCompiler.Destination destination(String name) {
    return new RouterCompiler.Destination(
        new NamedUpstream(name),
        new Cluster(
            name,
            new Cluster.Discovery.Static(List.of()),
            Optional.empty(),
            Cluster.LoadBalancing.Simple.RANDOM,
            SHARED),
        null);
  }

  private static Route route(String name, String cluster) {
    return new Route(
        name,
        Route.Match.path(new Route.PathMatch.Exact("/" + name)),
        RouteAction.Forward.to(cluster),
        HeaderChanges.NONE,
        HeaderChanges.NONE,
        name.startsWith("own") ? OWN : ResilienceSettings.none(),
        Optional.empty());
  }

  /** Compiles the routes and puts them in force; what was made, in their order. */
  private static List<CompiledRoute> apply(
      RouterCompiler compiler, PolicyRegistry.Draft draft, List<Route> routes) {
    var table =
        new RouteTable("t", List.of(new RouteTable.VirtualHost("all", List.of("*"), routes)));
    List<CompiledRoute> made = compiler.routes(table, table.virtualHosts().getFirst());
    draft.commit();
    return made;
  }

  private static RouterCompiler compiler(
      Map<String, RouterCompiler.Destination> destinations,
      CompiledRoutes before,
      PolicyRegistry.Draft draft) {
    return new RouterCompiler(
        destinations,
        before,
        draft,
        Duration.ofSeconds(1),
        new RouterCompiler.Asking("test", new CheckMetrics(), new MirrorMetrics(1, 1)),
        (table, fault) -> {
          throw new AssertionError(table + ": " + fault);
        });
  }

  @Test
  void whatIsKeptIsWhatDidNotChangeAndAsksForTheSamePolicies() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    Map<String, RouterCompiler.Destination> destinations = new HashMap<>();
    for (var name : List.of("a", "b", "c")) {
      destinations.put(name, destination(name));
    }
    Map<String, Route> routes = new HashMap<>();
    Map<String, CompiledRoute> made = new HashMap<>();
    Map<String, Route> madeOf = new HashMap<>();
    Map<String, RouterCompiler.Destination> madeTo = new HashMap<>();
    for (int round = 0; round < 300; round++) {
      for (int change = random.nextInt(4); change > 0; change--) {
        var name = (random.nextBoolean() ? "own-" : "plain-") + random.nextInt(6);
        switch (random.nextInt(4)) {
          case 0 -> routes.remove(name);
          case 1 -> {
            var cluster = List.of("a", "b", "c").get(random.nextInt(3));
            destinations.put(cluster, destination(cluster));
          }
          default -> routes.put(name, route(name, List.of("a", "b", "c").get(random.nextInt(3))));
        }
      }
      var wanted = List.copyOf(routes.values());
      var draft = registry.draft();
      var compiler = compiler(destinations, inForce, draft);
      var compiled = apply(compiler, draft, wanted);
      inForce = compiler.compiled();

      var fresh = new PolicyRegistry(Ticker.system(), PolicyEvents.none());
      var freshDraft = fresh.draft();
      apply(compiler(destinations, CompiledRoutes.NONE, freshDraft), freshDraft, wanted);
      assertThat(names(registry)).as("seed %d, round %d", seed, round).isEqualTo(names(fresh));

      Map<String, CompiledRoute> next = new HashMap<>();
      for (int i = 0; i < wanted.size(); i++) {
        var name = wanted.get(i).name();
        var to = destinations.get(cluster(wanted.get(i)));
        boolean same = madeOf.get(name) == wanted.get(i) && madeTo.get(name) == to;
        assertThat(compiled.get(i) == made.get(name))
            .as("seed %d, round %d: whether %s is kept", seed, round, name)
            .isEqualTo(same);
        next.put(name, compiled.get(i));
        madeTo.put(name, to);
      }
      made.clear();
      made.putAll(next);
      madeOf.clear();
      wanted.forEach(route -> madeOf.put(route.name(), route));
    }
  }

  private static String cluster(Route route) {
    return ((RouteAction.Forward) route.action()).clusters().getFirst().cluster();
  }

  private static List<Set<String>> names(PolicyRegistry registry) {
    var policies = registry.policies();
    return List.of(
        policies.breakers().keySet(),
        policies.retries().keySet(),
        policies.bulkheads().keySet(),
        policies.rateLimiters().keySet(),
        policies.limits().keySet());
  }
}
