package io.fairlead.config;

import io.fairlead.config.Manifest.Gateway;
import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Manifest.Ref;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * What the routes of a configuration have for themselves. Of one without faults it tells whether
 * some routes may take the place of others, without a look at all that stay. For one thread.
 */
public final class RouteClaims {
  /** No Service and no ServiceEntry that is declared, and no gateway, comes or goes with routes. */
  private final Set<String> declared;

  private final Map<String, Gateway> gateways;

  /** Those that policies name. */
  private final Set<Manifest.Id> targeted = new HashSet<>();

  private final Map<Claim, HttpRoute.Rule> claims = new HashMap<>();
  private boolean hasCalls;

  /** What one rule of a route claims for itself. */
  private record Claim(
      String kind, String parent, String section, String host, HttpRoute.RouteMatch match) {
    /** Strings keep theirs, so that claims of thousands of routes cost little each time. */
    @Override
    public int hashCode() {
      return 31 * host.hashCode() + match.path().hashCode();
    }
  }

  RouteClaims(Set<String> declared, Map<String, Gateway> gateways) {
    this.declared = declared;
    this.gateways = gateways;
  }

  /** Notes that this is named from outside of routes. */
  void target(Ref ref) {
    targeted.add(id(ref.kind(), ref.name()));
  }

  private static Manifest.Id id(String kind, String name) {
    return new Manifest.Id(kind, "default", name);
  }

  /**
   * Gives the route what it claims.
   *
   * @param taken told of each rule that claims what one before it has, with that
   */
  void add(HttpRoute route, BiConsumer<HttpRoute.Rule, Conflict> taken) {
    hasCalls |= isCall(route);
    each(
        route,
        (claim, host, rule) -> {
          var other = claims.putIfAbsent(claim, rule);
          if (other != null) {
            taken.accept(rule, new Conflict(host + claim.match.path(), other.at()));
          }
        });
  }

  /** What two rules claim, and where the first of them stands. */
  record Conflict(String what, Position first) {}

  private static boolean isCall(HttpRoute route) {
    return route.form() == HttpRoute.Form.GRPC;
  }

  /** Told of a claim with the host as it is written, and the rule. */
  private interface Visitor {
    void visit(Claim claim, String host, HttpRoute.Rule rule);
  }

  private static void each(HttpRoute route, Visitor visitor) {
    var hostnames = route.hostnames().isEmpty() ? List.of(Hostnames.ALL) : route.hostnames();
    for (var parent : route.parents()) {
      var ref = parent.ref();
      var section = parent.section().orElse("");
      for (var host : hostnames) {
        var lower = host.toLowerCase(Locale.ROOT);
        for (var rule : route.rules()) {
          for (var match : rule.matches()) {
            visitor.visit(new Claim(ref.kind(), ref.name(), section, lower, match), host, rule);
          }
        }
      }
    }
  }

  /**
   * Puts routes in the place of others, if that cannot bring a fault to a configuration that has
   * none. It changes nothing if it might: {@link Analysis} has to say then.
   *
   * @param removed of the configuration, the same objects
   * @param added none of them in the configuration
   * @param services names that the catalog knows
   * @return whether it was done
   */
  public boolean replace(
      List<HttpRoute> removed, List<HttpRoute> added, Collection<String> services) {
    // Routes of different kinds may not have a host in common, which is for others to find out.
    if (hasCalls || added.stream().anyMatch(RouteClaims::isCall)) {
      return false;
    }
    boolean known = added.stream().allMatch(route -> leadsToKnown(route, services));
    if (!known || leavesTarget(removed, added) || !isFree(removed, added)) {
      return false;
    }
    removed.forEach(route -> each(route, (claim, host, rule) -> claims.remove(claim)));
    added.forEach(route -> each(route, (claim, host, rule) -> claims.put(claim, rule)));
    return true;
  }

  private boolean leavesTarget(List<HttpRoute> removed, List<HttpRoute> added) {
    var stay = new HashSet<Manifest.Id>();
    added.forEach(route -> stay.add(id(route.kind(), route.metadata().name())));
    return removed.stream()
        .map(route -> id(route.kind(), route.metadata().name()))
        .anyMatch(id -> targeted.contains(id) && !stay.contains(id));
  }

  private boolean isFree(List<HttpRoute> removed, List<HttpRoute> added) {
    Set<HttpRoute.Rule> going = Collections.newSetFromMap(new IdentityHashMap<>());
    removed.forEach(route -> going.addAll(route.rules()));
    var own = new HashSet<Claim>();
    var taken = new ArrayList<Claim>();
    for (var route : added) {
      each(
          route,
          (claim, host, rule) -> {
            var other = claims.get(claim);
            if (!own.add(claim) || other != null && !going.contains(other)) {
              taken.add(claim);
            }
          });
    }
    return taken.isEmpty();
  }

  private boolean leadsToKnown(HttpRoute route, Collection<String> services) {
    for (var parent : route.parents()) {
      if (!isKnown(parent.ref(), services) || !hasSection(parent)) {
        return false;
      }
    }
    return callees(route).allMatch(callee -> isKnown(callee, services));
  }

  /** Where the rules send requests, and copies of them, in their order. */
  static Stream<Ref> callees(HttpRoute route) {
    return route.rules().stream()
        .flatMap(
            rule ->
                Stream.concat(
                    rule.backends().stream().map(backend -> backend.ref()),
                    rule.filters().stream()
                        .filter(Manifest.RouteFilter.Mirror.class::isInstance)
                        .map(mirror -> ((Manifest.RouteFilter.Mirror) mirror).backend())));
  }

  private boolean isKnown(Ref ref, Collection<String> services) {
    return switch (ref.kind()) {
      case "Service" -> declared.contains(ref.name()) || services.contains(ref.name());
      case "Gateway" -> gateways.containsKey(ref.name());
      default -> false;
    };
  }

  private boolean hasSection(HttpRoute.Parent parent) {
    var gateway = gateways.get(parent.ref().name());
    return parent.section().isEmpty()
        || gateway == null
        || gateway.listeners().stream()
            .anyMatch(listener -> Optional.of(listener.name()).equals(parent.section()));
  }
}
