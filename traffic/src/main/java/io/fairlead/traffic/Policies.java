package io.fairlead.traffic;

import io.fairlead.config.Manifest;
import io.fairlead.config.TrafficPolicy;
import io.fairlead.resilience.RateLimitSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.HttpFilter.Rbac;
import io.fairlead.traffic.HttpFilter.Rbac.Action;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Policies by what they are attached to. Immutable after construction. */
final class Policies {
  private final Map<String, ResilienceSettings> ofService = new HashMap<>();
  private final Map<String, ResilienceSettings> ofRoute = new HashMap<>();
  private final Map<String, TrafficPolicy> ruleOfHost = new HashMap<>();
  private final Map<String, ApiKeys> keysOfRoute = new HashMap<>();
  private final Map<String, Manifest.RoutePolicy> routePolicies = new HashMap<>();
  private final List<Manifest.AuthorizationPolicy> access = new ArrayList<>();
  private final ConnectionPolicies connections = new ConnectionPolicies();
  private final MeshSettings mesh;

  Policies(List<Manifest> documents, MeshSettings mesh) {
    this.mesh = mesh;
    for (var document : documents) {
      switch (document) {
        case Manifest.ResiliencePolicy policy -> addResilience(policy);
        case Manifest.SecurityPolicy policy -> addKeys(policy);
        case Manifest.AuthorizationPolicy policy -> access.add(policy);
        case Manifest.RoutePolicy policy ->
            policy.targets().forEach(target -> routePolicies.put(target.name(), policy));
        case Manifest.Service service -> {}
        case Manifest.DestinationRule rule -> ruleOfHost.put(rule.host().name(), rule.policy());
        case Manifest.ServiceEntry entry -> {}
        case Manifest.Gateway gateway -> {}
        case Manifest.HttpRoute route -> {}
        case Manifest.ConnectionPolicy policy -> connections.add(policy);
        case Manifest.PeerAuthentication policy -> connections.add(policy);
        case Manifest.StreamRoute route -> {}
        case Manifest.Secret secret -> {}
        case Manifest.ConfigMap map -> {}
      }
    }
  }

  ConnectionPolicies connections() {
    return connections;
  }

  private void addResilience(Manifest.ResiliencePolicy policy) {
    for (var target : policy.targets()) {
      var map = target.kind().equals("HTTPRoute") ? ofRoute : ofService;
      map.put(target.name(), policy.settings());
    }
  }

  private void addKeys(Manifest.SecurityPolicy policy) {
    var keys =
        policy.keys().stream()
            .map(key -> new ApiKeys.HashedKey(key.client(), key.sha256()))
            .toList();
    for (var target : policy.targets()) {
      keysOfRoute.put(target.name(), new ApiKeys(policy.header(), keys));
    }
  }

  /** What callers of a service enforce; the rate limit is the service's own side. */
  ResilienceSettings calls(String service) {
    return ofService.getOrDefault(service, ResilienceSettings.none()).withoutRateLimit();
  }

  boolean hasCallsPolicy(String service) {
    return ofService.containsKey(service);
  }

  /** How callers of a service treat its endpoints, by its name or one of its hosts. */
  Optional<TrafficPolicy> rule(Collection<String> names) {
    return names.stream()
        .map(name -> ruleOfHost.get(name.toLowerCase(Locale.ROOT)))
        .filter(Objects::nonNull)
        .findFirst();
  }

  Optional<RateLimitSettings> rateLimit(String service) {
    return Optional.ofNullable(ofService.get(service)).flatMap(ResilienceSettings::rateLimit);
  }

  ResilienceSettings route(String route) {
    return ofRoute.getOrDefault(route, ResilienceSettings.none());
  }

  Optional<Manifest.RoutePolicy> routePolicy(String route) {
    return Optional.ofNullable(routePolicies.get(route));
  }

  Optional<ApiKeys> keys(String route) {
    return Optional.ofNullable(keysOfRoute.get(route));
  }

  /** Authorization at the service: what is denied goes before what is allowed. */
  List<Rbac> authorization(String service) {
    var filters = new ArrayList<Rbac>();
    var deny = rules(service, Manifest.AuthorizationPolicy.Action.DENY);
    deny.ifPresent(rules -> filters.add(new Rbac(Action.DENY, rules)));
    var allow = rules(service, Manifest.AuthorizationPolicy.Action.ALLOW);
    allow.ifPresent(rules -> filters.add(new Rbac(Action.ALLOW, rules)));
    return filters;
  }

  /** Empty if no policy of that action applies, which differs from a policy without rules. */
  private Optional<List<AuthorizationRule>> rules(
      String service, Manifest.AuthorizationPolicy.Action action) {
    var applying =
        access.stream()
            .filter(policy -> policy.action() == action)
            .filter(
                policy ->
                    policy.targets().isEmpty()
                        || policy.targets().stream().anyMatch(t -> t.name().equals(service)))
            .toList();
    if (applying.isEmpty()) {
      return Optional.empty();
    }
    var rules = new ArrayList<AuthorizationRule>();
    for (var policy : applying) {
      for (int i = 0; i < policy.rules().size(); i++) {
        var rule = policy.rules().get(i);
        rules.add(
            new AuthorizationRule(
                policy.metadata().name() + "[" + i + "]",
                rule.principals().stream().map(Policies::principal).toList(),
                rule.methods().stream().map(StringMatch::pattern).toList(),
                rule.paths().stream().map(StringMatch::pattern).toList()));
      }
    }
    return Optional.of(rules);
  }

  /** Istio writes principals without scheme; ours carry it, as certificates do. */
  private static StringMatch principal(String pattern) {
    var bare = pattern.startsWith("*") || pattern.startsWith("spiffe://");
    return StringMatch.pattern(bare ? pattern : "spiffe://" + pattern);
  }

  MeshSettings mesh() {
    return mesh;
  }
}
