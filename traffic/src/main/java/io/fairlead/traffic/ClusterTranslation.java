package io.fairlead.traffic;

import io.fairlead.config.Manifest;
import io.fairlead.discovery.Instance;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Services to clusters and instances to endpoints. Pure. */
final class ClusterTranslation {
  /** Metadata of an instance that gives its share of requests, 1 to 1000. */
  private static final String WEIGHT = "fairlead.io/weight";

  /** Metadata of an instance that says after whom it comes, 0 to 127. */
  private static final String PRIORITY = "fairlead.io/priority";

  private final Services services;
  private final Policies policies;

  ClusterTranslation(Services services, Policies policies) {
    this.services = services;
    this.policies = policies;
  }

  Cluster cluster(String service) {
    var header = policies.connections().endpointHeader(service);
    // A connection that speaks for one client cannot be shared by many.
    var protocol = header.isPresent() ? Cluster.Protocol.HTTP_1 : services.protocol(service);
    return new Cluster(
        service,
        new Cluster.Discovery.Eds(service),
        services.plainText(service) ? Optional.empty() : Optional.of(mutualTls(service)),
        protocol,
        loadBalancing(ruleNames(service)),
        health(ruleNames(service), protocol),
        limits(ruleNames(service)),
        policies.calls(policyOwner(service)),
        header,
        localities(ruleNames(service)));
  }

  private Cluster.LoadBalancing loadBalancing(List<String> names) {
    return policies
        .rule(names)
        .map(TrafficPolicyTranslation::loadBalancing)
        .orElse(Cluster.LoadBalancing.Simple.LEAST_REQUEST);
  }

  private Optional<EndpointHealth> health(List<String> names, Cluster.Protocol protocol) {
    return TrafficPolicyTranslation.health(
        policies.rule(names), policies.healthCheck(names), protocol);
  }

  private Optional<UpstreamLimits> limits(List<String> names) {
    return policies.rule(names).flatMap(TrafficPolicyTranslation::limits);
  }

  private Optional<LocalityRouting> localities(List<String> names) {
    return policies.rule(names).flatMap(TrafficPolicyTranslation::localities);
  }

  private List<String> ruleNames(String service) {
    return services.whole(service).map(whole -> List.of(service, whole)).orElse(List.of(service));
  }

  /** A part of a service follows the policy of the whole unless it has one of its own. */
  private String policyOwner(String service) {
    return policies.hasCallsPolicy(service) ? service : services.whole(service).orElse(service);
  }

  private ClientTls mutualTls(String service) {
    var identities =
        services.workloads(service).stream()
            .map(workload -> policies.mesh().identity("default", workload))
            .<StringMatch>map(StringMatch.Exact::new)
            .toList();
    return new ClientTls(
        MeshSettings.WORKLOAD_CERTIFICATE,
        new PeerValidation(MeshSettings.MESH_ROOTS, identities),
        service);
  }

  /** In a service that speaks mutual TLS an instance without a proxy gets no requests. */
  Endpoints endpoints(String service) {
    boolean plain = services.plainText(service);
    return new Endpoints(
        service,
        services.members(service).stream()
            .filter(instance -> plain || Services.speaksMutualTls(instance))
            .map(ClusterTranslation::endpoint)
            .toList());
  }

  private static Endpoint endpoint(Instance instance) {
    var health =
        switch (instance.status()) {
          case UP -> Endpoint.Health.HEALTHY;
          case STARTING, DOWN -> Endpoint.Health.UNHEALTHY;
          case OUT_OF_SERVICE -> Endpoint.Health.DRAINING;
        };
    return new Endpoint(
        instance.id(),
        new HostPort(instance.host(), instance.port()),
        weight(instance),
        priority(instance),
        locality(instance),
        health);
  }

  /** One that is none is not known. */
  private static Locality locality(Instance instance) {
    try {
      return Locality.of(instance.metadata().getOrDefault(MeshSettings.LOCALITY, ""));
    } catch (IllegalArgumentException none) {
      return Locality.NONE;
    }
  }

  /** As with weights: one that is none counts as the first. */
  private static int priority(Instance instance) {
    var text = instance.metadata().getOrDefault(PRIORITY, "0");
    return text.matches("\\d{1,2}|1[01]\\d|12[0-7]") ? Integer.parseInt(text) : 0;
  }

  /** The registry does not read metadata, so a weight that is none counts as 1. */
  private static int weight(Instance instance) {
    var text = instance.metadata().getOrDefault(WEIGHT, "1");
    return text.matches("[1-9]\\d{0,2}|1000") ? Integer.parseInt(text) : 1;
  }

  Cluster external(Manifest.ServiceEntry entry) {
    var endpoints =
        entry.endpoints().stream()
            .map(
                e ->
                    new Endpoint(
                        e.address() + ":" + e.port(),
                        new HostPort(e.address(), e.port()),
                        e.weight(),
                        Endpoint.Health.HEALTHY))
            .toList();
    var name = entry.metadata().name();
    var header = policies.connections().endpointHeader(name);
    var spoken =
        switch (entry.protocol()) {
          case HTTP -> Cluster.Protocol.HTTP_1;
          case HTTP2, GRPC -> Cluster.Protocol.HTTP_2;
        };
    var protocol = header.isPresent() ? Cluster.Protocol.HTTP_1 : spoken;
    var names = new ArrayList<String>(domains(entry));
    names.add(name);
    return new Cluster(
        name,
        switch (entry.resolution()) {
          case STATIC -> new Cluster.Discovery.Static(endpoints);
          case DNS ->
              new Cluster.Discovery.StrictDns(endpoints, Cluster.Discovery.DEFAULT_REFRESH_RATE);
          case DNS_ROUND_ROBIN ->
              new Cluster.Discovery.LogicalDns(
                  endpoints.getFirst(), Cluster.Discovery.DEFAULT_REFRESH_RATE);
        },
        policies.backendTls().of(name),
        protocol,
        loadBalancing(names),
        health(names, protocol),
        limits(names),
        policies.calls(name),
        header,
        localities(names));
  }

  static List<String> domains(Manifest.ServiceEntry entry) {
    return entry.hosts().stream().map(host -> host.toLowerCase(java.util.Locale.ROOT)).toList();
  }
}
