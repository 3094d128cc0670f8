package io.fairlead.traffic;

import io.fairlead.config.BackendTlsPolicy;
import io.fairlead.config.ConnectionPolicy;
import io.fairlead.config.ExternalAuthorization;
import io.fairlead.config.HealthCheckPolicy;
import io.fairlead.config.Manifest;
import io.fairlead.config.PeerAuthentication;
import io.fairlead.config.RateLimitDomain;
import io.fairlead.config.RateLimitPolicy;
import io.fairlead.config.StreamRoute;
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
import java.util.TreeMap;

/** Policies by what they are attached to. Immutable after construction. */
final class Policies {
  private final Map<String, ResilienceSettings> ofService = new HashMap<>();
  private final Map<String, ResilienceSettings> ofRoute = new HashMap<>();
  private final Map<String, TrafficPolicy> ruleOfHost = new HashMap<>();
  private final Map<String, HealthCheckPolicy> checkOfService = new HashMap<>();
  private final Map<String, ApiKeys> keysOfRoute = new HashMap<>();
  private final Map<String, Manifest.RoutePolicy> routePolicies = new HashMap<>();
  private final Map<String, RateLimitPolicy> globalRateLimits = new HashMap<>();
  private final Map<String, Manifest.ClientPolicy> clientPolicies = new HashMap<>();
  private final List<Manifest.AuthorizationPolicy> access = new ArrayList<>();
  private final List<ExternalAuthorization> external = new ArrayList<>();
  private final List<Manifest.RequestAuthentication> tokens = new ArrayList<>();
  private final List<io.fairlead.config.AccessLog> logs = new ArrayList<>();
  private final ConnectionPolicies connections = new ConnectionPolicies();
  private final BackendTls backendTls;
  private final MeshSettings mesh;

  Policies(List<Manifest> documents, MeshSettings mesh) {
    this.mesh = mesh;
    backendTls = new BackendTls(documents);
    for (var document : documents) {
      switch (document) {
        case Manifest.ResiliencePolicy policy -> addResilience(policy);
        case Manifest.SecurityPolicy policy -> addKeys(policy);
        case Manifest.AuthorizationPolicy policy -> access.add(policy);
        case Manifest.RequestAuthentication policy -> tokens.add(policy);
        case ExternalAuthorization policy -> external.add(policy);
        case Manifest.ClientPolicy policy ->
            policy.targets().forEach(target -> clientPolicies.put(target.name(), policy));
        case Manifest.RoutePolicy policy ->
            policy.targets().forEach(target -> routePolicies.put(route(target), policy));
        case Manifest.Service service -> {}
        case Manifest.DestinationRule rule -> ruleOfHost.put(rule.host().name(), rule.policy());
        case HealthCheckPolicy policy ->
            policy.targets().forEach(target -> checkOfService.put(target.name(), policy));
        case BackendTlsPolicy policy -> {}
        case Manifest.ServiceEntry entry -> {}
        case Manifest.Gateway gateway -> {}
        case Manifest.HttpRoute route -> {}
        case ConnectionPolicy policy -> connections.add(policy);
        case RateLimitPolicy policy ->
            policy.targets().forEach(target -> globalRateLimits.put(route(target), policy));
        case RateLimitDomain domain -> {}
        case PeerAuthentication policy -> connections.add(policy);
        case StreamRoute route -> {}
        case io.fairlead.config.AccessLog log -> logs.add(log);
        case Manifest.Secret secret -> {}
        case Manifest.ConfigMap map -> {}
      }
    }
  }

  BackendTls backendTls() {
    return backendTls;
  }

  ConnectionPolicies connections() {
    return connections;
  }

  /** What is logged of a gateway, or by the sidecars of a service. */
  List<AccessLog> accessLogs(String kind, String name) {
    return logs.stream()
        .filter(log -> log.targets().isEmpty() || applies(log.targets(), kind, name))
        .map(log -> new AccessLog(log.path(), log.format(), log.filter()))
        .toList();
  }

  private void addResilience(Manifest.ResiliencePolicy policy) {
    for (var target : policy.targets()) {
      if (target.kind().equals("Service")) {
        ofService.put(target.name(), policy.settings());
      } else {
        ofRoute.put(route(target), policy.settings());
      }
    }
  }

  private void addKeys(Manifest.SecurityPolicy policy) {
    var keys =
        policy.keys().stream()
            .map(key -> new ApiKeys.HashedKey(key.client(), key.sha256()))
            .toList();
    for (var target : policy.targets()) {
      keysOfRoute.put(route(target), new ApiKeys(policy.header(), keys));
    }
  }

  private static String route(Manifest.Ref target) {
    return RouteTranslation.name(target.kind(), target.name());
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

  /** How callers check the endpoints of a service, by its name or that of the whole. */
  Optional<HealthCheckPolicy> healthCheck(Collection<String> names) {
    return names.stream().map(checkOfService::get).filter(Objects::nonNull).findFirst();
  }

  Optional<RateLimitSettings> rateLimit(String service) {
    return Optional.ofNullable(ofService.get(service)).flatMap(ResilienceSettings::rateLimit);
  }

  /** By {@link RouteTranslation#name}, as all that belongs to routes. */
  ResilienceSettings route(String route) {
    return ofRoute.getOrDefault(route, ResilienceSettings.none());
  }

  Optional<Manifest.RoutePolicy> routePolicy(String route) {
    return Optional.ofNullable(routePolicies.get(route));
  }

  Optional<GlobalRateLimit> globalRateLimit(String route) {
    return Optional.ofNullable(globalRateLimits.get(route)).map(RateLimitTranslation::limit);
  }

  Optional<ApiKeys> keys(String route) {
    return Optional.ofNullable(keysOfRoute.get(route));
  }

  /** Tokens first, so that rules can be about them; what is denied before what is allowed. */
  List<HttpFilter> security(String kind, String name) {
    var filters = new ArrayList<HttpFilter>();
    var providers = new TreeMap<String, JwtProvider>();
    tokens.stream()
        .filter(policy -> applies(policy.targets(), kind, name))
        .flatMap(policy -> policy.rules().stream())
        .map(AccessTranslation::provider)
        .forEach(provider -> providers.putIfAbsent(provider.issuer(), provider));
    if (!providers.isEmpty()) {
      filters.add(new HttpFilter.JwtAuthentication(List.copyOf(providers.values())));
    }
    var deny = rules(kind, name, Manifest.AuthorizationPolicy.Action.DENY);
    deny.ifPresent(rules -> filters.add(new Rbac(Action.DENY, rules)));
    var allow = rules(kind, name, Manifest.AuthorizationPolicy.Action.ALLOW);
    allow.ifPresent(rules -> filters.add(new Rbac(Action.ALLOW, rules)));
    external.stream()
        .filter(policy -> applies(policy.targets(), kind, name))
        .map(AccessTranslation::external)
        .forEach(filters::add);
    return filters;
  }

  /** A policy without targets is for all services. */
  private static boolean applies(List<Manifest.Ref> targets, String kind, String name) {
    return targets.isEmpty()
        ? kind.equals("Service")
        : targets.stream().anyMatch(t -> t.kind().equals(kind) && t.name().equals(name));
  }

  /** Empty if no policy of that action applies, which differs from a policy without rules. */
  private Optional<List<AuthorizationRule>> rules(
      String kind, String name, Manifest.AuthorizationPolicy.Action action) {
    var applying =
        access.stream()
            .filter(policy -> policy.action() == action)
            .filter(policy -> applies(policy.targets(), kind, name))
            .toList();
    if (applying.isEmpty()) {
      return Optional.empty();
    }
    var rules = new ArrayList<AuthorizationRule>();
    for (var policy : applying) {
      for (int i = 0; i < policy.rules().size(); i++) {
        var ruleName = policy.metadata().name() + "[" + i + "]";
        rules.add(AccessTranslation.rule(ruleName, policy.rules().get(i)));
      }
    }
    return Optional.of(rules);
  }

  /** How far the clients of a gateway are believed. */
  ClientTrust trust(String gateway) {
    return Optional.ofNullable(clientPolicies.get(gateway))
        .map(AccessTranslation::trust)
        .orElse(ClientTrust.NONE);
  }

  MeshSettings mesh() {
    return mesh;
  }
}
