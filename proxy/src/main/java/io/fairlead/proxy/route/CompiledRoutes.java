package io.fairlead.proxy.route;

import io.fairlead.proxy.policy.PolicyRegistry;
import io.fairlead.proxy.route.RouterCompiler.Destination;
import io.fairlead.traffic.Route;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What was made of the routes of one configuration, so that the next one makes only those anew that
 * changed: a route that is the same object, whose clusters are the same destinations, is the same
 * compiled. Confined to the thread that compiles; complete and unchanging once its configuration is
 * in force.
 */
public final class CompiledRoutes {
  /** Of a configuration without clusters and routes. */
  public static final CompiledRoutes NONE = new CompiledRoutes(Map.of());

  private final Map<String, Destination> destinations;
  private final Map<String, Map<Route, Made>> byTable = new HashMap<>();

  /** The clusters that the route being compiled has asked for. */
  private Set<String> asked = new HashSet<>();

  /** A compiled route with all that it was made of beside the route itself. */
  private record Made(
      CompiledRoute route, Set<String> clusters, List<PolicyRegistry.Use> policies) {}

  /** Of a configuration with these clusters, before its first route. */
  public CompiledRoutes(Map<String, Destination> destinations) {
    this.destinations = Map.copyOf(destinations);
  }

  /** The cluster of that name. */
  @Nullable Destination destination(String name) {
    asked.add(name);
    return destinations.get(name);
  }

  /** The cluster as it was in this configuration, whoever asks. */
  public @Nullable Destination known(String name) {
    return destinations.get(name);
  }

  /**
   * The route as it was before, if nothing of it has changed, else as it is made now.
   *
   * @param table whose route it is
   * @param policies takes what the route needs either way
   */
  Optional<CompiledRoute> compile(
      String table,
      Route route,
      CompiledRoutes before,
      PolicyRegistry.Draft policies,
      Supplier<Optional<CompiledRoute>> compiler) {
    Made earlier = before.byTable.getOrDefault(table, Map.of()).get(route);
    if (earlier != null && isSame(earlier.clusters, before)) {
      earlier.policies.forEach(use -> use.in(policies));
      keep(table, route, earlier);
      return Optional.of(earlier.route);
    }
    policies.noteUses();
    asked = new HashSet<>();
    Optional<CompiledRoute> made = compiler.get();
    List<PolicyRegistry.Use> uses = policies.takeUses();
    made.ifPresent(compiled -> keep(table, route, new Made(compiled, Set.copyOf(asked), uses)));
    return made;
  }

  private boolean isSame(Set<String> clusters, CompiledRoutes before) {
    for (String cluster : clusters) {
      if (destinations.get(cluster) != before.destinations.get(cluster)) {
        return false;
      }
    }
    return true;
  }

  private void keep(String table, Route route, Made made) {
    byTable.computeIfAbsent(table, unused -> new IdentityHashMap<>()).put(route, made);
  }
}
