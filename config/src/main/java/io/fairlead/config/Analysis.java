package io.fairlead.config;

import io.fairlead.config.Manifest.Gateway;
import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Manifest.Ref;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Checks documents against each other: references that lead nowhere, and claims that exclude each
 * other. Pure; confined to one thread while it runs.
 */
public final class Analysis {
  private final List<Manifest> documents;
  private final Map<String, Set<String>> namesByKind = new HashMap<>();
  private final Map<String, Gateway> gateways = new HashMap<>();
  private final List<HttpRoute> routes = new ArrayList<>();
  private final Map<String, String> entriesByHost = new HashMap<>();
  private final List<Fault> faults = new ArrayList<>();

  private final RouteClaims claims;

  private Analysis(List<Manifest> documents, Collection<String> services) {
    this.documents = documents;
    var declared = new HashSet<String>();
    for (var document : documents) {
      var name = document.metadata().name();
      namesByKind.computeIfAbsent(document.kind(), kind -> new HashSet<>()).add(name);
      switch (document) {
        // First, since there are thousands of these.
        case HttpRoute route -> routes.add(route);
        case Manifest.Service service -> declared.add(name);
        case Manifest.ServiceEntry entry -> {
          declared.add(name);
          entry.hosts().forEach(host -> entriesByHost.putIfAbsent(lower(host), name));
        }
        case Gateway gateway -> gateways.put(name, gateway);
        case Manifest.ResiliencePolicy policy -> {}
        case Manifest.DestinationRule rule -> {}
        case HealthCheckPolicy policy -> {}
        case BackendTlsPolicy policy -> {}
        case RateLimitPolicy policy -> {}
        case RateLimitDomain domain -> {}
        case Manifest.AuthorizationPolicy policy -> {}
        case Manifest.RoutePolicy policy -> {}
        case Manifest.ClientPolicy policy -> {}
        case ExternalAuthorization policy -> {}
        case Manifest.RequestAuthentication policy -> {}
        case Manifest.SecurityPolicy policy -> {}
        case StreamRoute route -> {}
        case PeerAuthentication policy -> {}
        case ConnectionPolicy policy -> {}
        case AccessLog log -> {}
        case Manifest.Secret secret -> {}
        case Manifest.ConfigMap map -> {}
      }
    }
    var callable = new HashSet<>(services);
    callable.addAll(declared);
    namesByKind.put("Service", callable);
    claims = new RouteClaims(declared, gateways);
  }

  /**
   * All faults between the documents.
   *
   * @param documents the whole configuration
   * @param services names that the catalog knows
   */
  public static List<Fault> faults(List<Manifest> documents, Collection<String> services) {
    return of(documents, services).faults();
  }

  /**
   * What is to be said of the documents.
   *
   * @param documents the whole configuration
   * @param services names that the catalog knows
   */
  public static Findings of(List<Manifest> documents, Collection<String> services) {
    var analysis = new Analysis(documents, services);
    analysis.run();
    return new Findings(List.copyOf(analysis.faults), analysis.claims);
  }

  /**
   * Of a whole configuration.
   *
   * @param faults all of them
   * @param claims of its routes, which are of use if there are no faults
   */
  public record Findings(List<Fault> faults, RouteClaims claims) {}

  private void run() {
    var policyTargets = new HashMap<String, Position>();
    var streamClaims = new HashMap<String, Position>();
    var hosts = new HashMap<String, Position>();
    var domains = new HashMap<String, Position>();
    for (var document : documents) {
      switch (document) {
        case HttpRoute route -> route(route);
        case Manifest.ResiliencePolicy policy -> targets(policy, policy.targets(), policyTargets);
        case HealthCheckPolicy policy -> targets(policy, policy.targets(), policyTargets);
        case BackendTlsPolicy policy -> backendTls(policy, policyTargets);
        case Manifest.SecurityPolicy policy -> targets(policy, policy.targets(), policyTargets);
        case ConnectionPolicy policy -> connections(policy, policyTargets);
        case StreamRoute route -> stream(route, streamClaims);
        case PeerAuthentication policy -> targets(policy, policy.targets(), policyTargets);
        case Manifest.RoutePolicy policy -> targets(policy, policy.targets(), policyTargets);
        case Manifest.ClientPolicy policy -> targets(policy, policy.targets(), policyTargets);
        case ExternalAuthorization policy -> {
          targets(policy, policy.targets(), policyTargets);
          resolve(policy.service());
        }
        case RateLimitPolicy policy -> {
          targets(policy, policy.targets(), policyTargets);
          resolve(policy.service());
        }
        case RateLimitDomain domain -> domain(domain, domains);
        case Manifest.AuthorizationPolicy policy -> policy.targets().forEach(this::resolve);
        case AccessLog log -> log.targets().forEach(this::resolve);
        case Manifest.RequestAuthentication policy -> policy.targets().forEach(this::resolve);
        case Gateway gateway -> new GatewayAnalysis(faults, this::require).check(gateway);
        case Manifest.ServiceEntry entry -> entry(entry, hosts);
        case Manifest.DestinationRule rule -> destination(rule, policyTargets);
        case Manifest.Service service -> {}
        case Manifest.Secret secret -> {}
        case Manifest.ConfigMap map -> {}
      }
    }
    new RouteConflicts(gateways, faults).check(routes);
  }

  /** Limits of one domain stand in one document. */
  private void domain(RateLimitDomain domain, Map<String, Position> domains) {
    var at = domain.metadata().at();
    var other = domains.putIfAbsent(domain.domain(), at);
    if (other != null) {
      var rule = "has its limits at " + other + " already";
      faults.add(new Fault(at, "spec.domain", domain.domain(), rule, Optional.empty()));
    }
  }

  private void resolve(Ref ref) {
    switch (ref.kind()) {
      case "HTTPRoute", "GRPCRoute" -> claims.target(ref);
      default -> {}
    }
    var known = namesByKind.getOrDefault(ref.kind(), Set.of());
    if (!known.contains(ref.name())) {
      var rule =
          ref.kind().equals("Service")
              ? "is no service that is registered or declared"
              : "is no " + ref.kind() + " of the configuration";
      faults.add(
          new Fault(
              ref.at(),
              ref.path(),
              ref.name(),
              rule,
              Suggestion.nearest(ref.name(), new TreeSet<>(known))));
    }
  }

  /** A Secret or ConfigMap that has to be there, with this entry. */
  private void require(Ref ref, String entry) {
    resolve(ref);
    for (var document : documents) {
      if (document.kind().equals(ref.kind()) && document.metadata().name().equals(ref.name())) {
        var data =
            switch (document) {
              case Manifest.Secret secret -> secret.data();
              case Manifest.ConfigMap map -> map.data();
              default -> Map.<String, String>of();
            };
        if (!data.containsKey(entry)) {
          var rule = "has no entry " + entry;
          faults.add(new Fault(ref.at(), ref.path(), ref.name(), rule, Optional.empty()));
        }
      }
    }
  }

  /** Two policies of one kind on one target would contradict each other. */
  private void targets(Manifest policy, List<Ref> targets, Map<String, Position> claims) {
    for (var target : targets) {
      resolve(target);
      var claim = policy.kind() + " of " + target.kind() + " " + target.name();
      claim(claims, claim, target);
    }
  }

  /** Services of the mesh have its own TLS, by identities instead of names. */
  private void backendTls(BackendTlsPolicy policy, Map<String, Position> claims) {
    targets(policy, policy.targets(), claims);
    var entries = namesByKind.getOrDefault("ServiceEntry", Set.of());
    var services = namesByKind.getOrDefault("Service", Set.of());
    for (var target : policy.targets()) {
      if (services.contains(target.name()) && !entries.contains(target.name())) {
        var rule = "must be a ServiceEntry: services of the mesh have its own TLS";
        faults.add(new Fault(target.at(), target.path(), target.name(), rule, Optional.empty()));
      }
    }
    policy.roots().forEach(ref -> require(ref, Manifest.Secret.ROOTS));
  }

  private void connections(ConnectionPolicy policy, Map<String, Position> claims) {
    for (var target : policy.targets()) {
      resolve(target.ref());
      section(target);
      var ref = target.ref();
      claim(claims, policy.kind() + " of " + ref.kind() + " " + ref.name() + target.section(), ref);
    }
  }

  /** The listeners of a gateway take one route for TCP each, and one for each name of TLS. */
  private void stream(StreamRoute route, Map<String, Position> claims) {
    for (var parent : route.parents()) {
      resolve(parent.ref());
      section(parent);
      for (var host : route.hostnames().isEmpty() ? List.of("*") : route.hostnames()) {
        var claim = route.kind() + parent.ref().name() + parent.section() + host;
        var other = claims.putIfAbsent(claim.toLowerCase(Locale.ROOT), parent.ref().at());
        if (other != null) {
          var rule = "has a " + route.kind() + " for " + host + " at " + other + " already";
          var ref = parent.ref();
          faults.add(new Fault(ref.at(), ref.path(), ref.name(), rule, Optional.empty()));
        }
      }
    }
    route.backends().forEach(backend -> resolve(backend.ref()));
  }

  /** A host of a service entry stands for the entry. */
  private void destination(Manifest.DestinationRule rule, Map<String, Position> claims) {
    var host = rule.host();
    var entry = entriesByHost.get(lower(host.name()));
    var named = entry == null ? host : new Ref(host.kind(), entry, host.path(), host.at());
    targets(rule, List.of(named), claims);
  }

  private void claim(Map<String, Position> claims, String claim, Ref target) {
    var other = claims.putIfAbsent(claim, target.at());
    if (other != null) {
      var rule = "has a policy of this kind at " + other + " already";
      faults.add(new Fault(target.at(), target.path(), target.name(), rule, Optional.empty()));
    }
  }

  private void route(HttpRoute route) {
    for (var parent : route.parents()) {
      resolve(parent.ref());
      section(parent);
    }
    claims.add(
        route,
        (rule, conflict) -> {
          var says = "has the host and match of the rule at " + conflict.first();
          var at = rule.at();
          faults.add(new Fault(at, "spec.rules", conflict.what(), says, Optional.empty()));
        });
    RouteClaims.callees(route).forEach(this::resolve);
  }

  private static String lower(String host) {
    return host.toLowerCase(Locale.ROOT);
  }

  private void section(HttpRoute.Parent parent) {
    if (parent.section().isEmpty()) {
      return;
    }
    var wanted = parent.section().get();
    var gateway = gateways.get(parent.ref().name());
    if (gateway == null) {
      return;
    }
    var sections = gateway.listeners().stream().map(l -> l.name()).toList();
    if (!sections.contains(wanted)) {
      faults.add(
          new Fault(
              parent.ref().at(),
              parent.ref().path().replaceAll("name$", "sectionName"),
              wanted,
              "is no listener of Gateway " + gateway.metadata().name(),
              Suggestion.nearest(wanted, sections)));
    }
  }

  private void entry(Manifest.ServiceEntry entry, Map<String, Position> hosts) {
    for (var host : entry.hosts()) {
      var other = hosts.putIfAbsent(host.toLowerCase(Locale.ROOT), entry.metadata().at());
      if (other != null) {
        var rule = "is a host of the ServiceEntry at " + other + " already";
        faults.add(new Fault(entry.metadata().at(), "spec.hosts", host, rule, Optional.empty()));
      }
    }
  }
}
