package io.fairlead.xds;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.ClientTls;
import io.fairlead.traffic.Cluster;
import java.util.Optional;

/** envoy.config.cluster.v3.Cluster. Stateless. */
final class ClusterDecoder {
  /** Name of the transport socket that is none. */
  private static final String RAW_BUFFER = "envoy.transport_sockets.raw_buffer";

  private ClusterDecoder() {}

  /**
   * Cluster: name 1, type 2, eds_cluster_config 3 (service_name 2), lb_policy 6, transport_socket
   * 24, metadata 25, load_assignment 33.
   */
  static Cluster cluster(ProtoMessage m) {
    var name = m.text(1);
    var discovery =
        switch (m.intNumber(2)) {
          case 0 -> new Cluster.Discovery.Static(Decoder.endpoints(m.message(33)));
          case 3 -> {
            var service = m.message(3).text(2);
            yield new Cluster.Discovery.Eds(service.isEmpty() ? name : service);
          }
          default ->
              throw new DecodeException("type: only STATIC and EDS are supported, in " + name);
        };
    var balancing =
        switch (m.intNumber(6)) {
          case 0 -> Cluster.LoadBalancing.ROUND_ROBIN;
          case 1 -> Cluster.LoadBalancing.LEAST_REQUEST;
          case 3 -> Cluster.LoadBalancing.RANDOM;
          default -> throw new DecodeException("lb_policy: is not supported, in " + name);
        };
    var proxyProtocol = m.optional(24).flatMap(ClusterDecoder::proxyProtocol);
    var socket =
        proxyProtocol.isEmpty()
            ? m.optional(24)
            : m.message(24).any(3, TypeUrls.UPSTREAM_PROXY_PROTOCOL).optional(2);
    return new Cluster(
        name,
        discovery,
        socket.filter(s -> !s.text(1).equals(RAW_BUFFER)).map(ClusterDecoder::clientTls),
        balancing,
        policy(m),
        proxyProtocol);
  }

  /** ProxyProtocolUpstreamTransport: config 1 (version 1), transport_socket 2. */
  private static Optional<Cluster.ProxyVersion> proxyProtocol(ProtoMessage socket) {
    if (!socket.message(3).text(1).equals(TypeUrls.any(TypeUrls.UPSTREAM_PROXY_PROTOCOL))) {
      return Optional.empty();
    }
    var wrapped = socket.any(3, TypeUrls.UPSTREAM_PROXY_PROTOCOL);
    return Optional.of(
        switch (wrapped.message(1).intNumber(1)) {
          case 0 -> Cluster.ProxyVersion.V1;
          case 1 -> Cluster.ProxyVersion.V2;
          default -> throw new DecodeException("proxy protocol: must be version 1 or 2");
        });
  }

  /** TransportSocket: typed_config 3. UpstreamTlsContext: common_tls_context 1, sni 2. */
  private static ClientTls clientTls(ProtoMessage socket) {
    var context = socket.any(3, TypeUrls.UPSTREAM_TLS);
    var common = context.message(1);
    return new ClientTls(
        ListenerDecoder.certificate(common),
        ListenerDecoder.peerValidation(common),
        context.text(2));
  }

  private static ResilienceSettings policy(ProtoMessage cluster) {
    return typedMetadata(cluster.message(25), TypeUrls.CLUSTER_POLICY)
        .map(PolicyWire::resilience)
        .orElse(ResilienceSettings.none());
  }

  /** Metadata: typed_filter_metadata 2, a map of name to Any. */
  static Optional<ProtoMessage> typedMetadata(ProtoMessage metadata, String type) {
    for (var entry : metadata.messages(2)) {
      if (entry.text(1).equals(TypeUrls.POLICY)) {
        return Optional.of(entry.any(2, type));
      }
    }
    return Optional.empty();
  }
}
