package io.fairlead.control;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.Endpoints;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.Locality;
import io.fairlead.traffic.Resource;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.StringMatch;
import io.fairlead.xds.TypeUrls;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * The traffic model to xDS messages: the inverse of {@link io.fairlead.xds.Decoder}. Stateless and
 * pure. The messages are such that a real Envoy accepts them too.
 */
final class Encoder {
  private Encoder() {}

  static Any encode(Resource resource) {
    return encode(resource, Surroundings.NONE);
  }

  static Any encode(Resource resource, Surroundings surroundings) {
    return encode(resource, surroundings, RouteOctets.none());
  }

  /** Routes that have their wire form already keep it. */
  static Any encode(Resource resource, Surroundings surroundings, RouteOctets routes) {
    return switch (resource) {
      case Listener listener -> Any.pack(ListenerEncoder.listener(listener, surroundings));
      case RouteTable table ->
          Any.newBuilder()
              .setTypeUrl(TypeUrls.ROUTE)
              .setValue(RouteEncoder.table(table, surroundings, routes))
              .build();
      case Cluster cluster -> Any.pack(ClusterEncoder.cluster(cluster));
      case Endpoints endpoints -> Any.pack(assignment(endpoints.name(), endpoints.endpoints()));
      case Secret secret -> Any.pack(secret(secret));
    };
  }

  /** Endpoints are in the order of their priorities and places, and each of these is a group. */
  static ClusterLoadAssignment assignment(String name, List<Endpoint> endpoints) {
    var assignment = ClusterLoadAssignment.newBuilder().setClusterName(name);
    record Group(int priority, Locality locality) {}
    var groups =
        new TreeMap<Group, LocalityLbEndpoints.Builder>(
            Comparator.comparingInt(Group::priority).thenComparing(Group::locality));
    for (var endpoint : endpoints) {
      groups
          .computeIfAbsent(
              new Group(endpoint.priority(), endpoint.locality()),
              group -> group(group.priority, group.locality))
          .addLbEndpoints(endpoint(endpoint));
    }
    groups.values().forEach(assignment::addEndpoints);
    return assignment.build();
  }

  private static LocalityLbEndpoints.Builder group(int priority, Locality locality) {
    var group = LocalityLbEndpoints.newBuilder().setPriority(priority);
    if (!locality.isNone()) {
      group.setLocality(
          io.envoyproxy.envoy.config.core.v3.Locality.newBuilder()
              .setRegion(locality.region())
              .setZone(locality.zone())
              .setSubZone(locality.subZone()));
    }
    return group;
  }

  private static LbEndpoint endpoint(Endpoint endpoint) {
    return LbEndpoint.newBuilder()
        .setEndpoint(
            io.envoyproxy.envoy.config.endpoint.v3.Endpoint.newBuilder()
                .setAddress(address(endpoint.address()))
                .setHostname(endpoint.id()))
        .setHealthStatus(
            switch (endpoint.health()) {
              case HEALTHY -> HealthStatus.HEALTHY;
              case UNHEALTHY -> HealthStatus.UNHEALTHY;
              case DRAINING -> HealthStatus.DRAINING;
            })
        .setLoadBalancingWeight(UInt32Value.of(endpoint.weight()))
        .build();
  }

  static Address address(HostPort address) {
    return Address.newBuilder()
        .setSocketAddress(
            SocketAddress.newBuilder().setAddress(address.host()).setPortValue(address.port()))
        .build();
  }

  static StringMatcher matcher(StringMatch match) {
    var matcher = StringMatcher.newBuilder();
    return switch (match) {
      case StringMatch.Exact(var value) -> matcher.setExact(value).build();
      case StringMatch.Prefix(var value) -> matcher.setPrefix(value).build();
      case StringMatch.Suffix(var value) -> matcher.setSuffix(value).build();
      case StringMatch.Contains(var value) -> matcher.setContains(value).build();
      case StringMatch.Regex(var value) -> matcher.setSafeRegex(regex(value)).build();
      case StringMatch.Present() -> matcher.setSafeRegex(regex(".+")).build();
    };
  }

  static RegexMatcher regex(String expression) {
    return RegexMatcher.newBuilder().setRegex(expression).build();
  }

  /** Everything comes over the one aggregated stream. */
  static ConfigSource ads() {
    return ConfigSource.newBuilder()
        .setAds(AggregatedConfigSource.getDefaultInstance())
        .setResourceApiVersion(ApiVersion.V3)
        .build();
  }

  private static Message secret(Secret secret) {
    var message =
        io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret.newBuilder()
            .setName(secret.name());
    return switch (secret) {
      case Secret.Certificate certificate ->
          message.setTlsCertificate(TlsEncoder.certificate(certificate)).build();
      case Secret.Validation validation ->
          message.setValidationContext(context(validation)).build();
    };
  }

  private static CertificateValidationContext context(Secret.Validation validation) {
    var context = CertificateValidationContext.newBuilder();
    if (validation.trustDomain().isEmpty()) {
      return context.setTrustedCa(inline(validation.rootsPem())).build();
    }
    var spiffe =
        SPIFFECertValidatorConfig.newBuilder()
            .addTrustDomains(
                SPIFFECertValidatorConfig.TrustDomain.newBuilder()
                    .setName(validation.trustDomain())
                    .setTrustBundle(inline(validation.rootsPem())));
    return context
        .setCustomValidatorConfig(
            TypedExtensionConfig.newBuilder()
                .setName("envoy.tls.cert_validator.spiffe")
                .setTypedConfig(Any.pack(spiffe.build())))
        .build();
  }

  static DataSource inline(String text) {
    return DataSource.newBuilder().setInlineString(text).build();
  }
}
