package io.fairlead.xds;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.ClientTls;
import io.fairlead.traffic.Cluster;
import java.time.Duration;
import java.util.Optional;

/** envoy.config.cluster.v3.Cluster. Stateless. */
final class ClusterDecoder {
  /** Name of the transport socket that is none. */
  private static final String RAW_BUFFER = "envoy.transport_sockets.raw_buffer";

  /** The type of clusters that speak what their clients speak, whatever their options. */
  private static final int ORIGINAL_DST = 4;

  private ClusterDecoder() {}

  /**
   * Cluster: name 1, type 2, eds_cluster_config 3 (service_name 2), transport_socket 24, metadata
   * 25, load_assignment 33, dns_refresh_rate 16, original_dst_lb_config 34,
   * typed_extension_protocol_options 36.
   */
  static Cluster cluster(ProtoMessage m) {
    var name = m.text(1);
    var discovery =
        switch (m.intNumber(2)) {
          case 0 -> new Cluster.Discovery.Static(Decoder.endpoints(m.message(33)));
          case 1 -> new Cluster.Discovery.StrictDns(Decoder.endpoints(m.message(33)), refresh(m));
          case 2 -> {
            var names = Decoder.endpoints(m.message(33));
            if (names.size() != 1) {
              throw new DecodeException(
                  "load_assignment: must be one name for LOGICAL_DNS, were " + names.size());
            }
            yield new Cluster.Discovery.LogicalDns(names.getFirst(), refresh(m));
          }
          case 3 -> {
            var service = m.message(3).text(2);
            yield new Cluster.Discovery.Eds(service.isEmpty() ? name : service);
          }
          case ORIGINAL_DST -> originalDst(m, name);
          default ->
              throw new DecodeException(
                  "type: only STATIC, STRICT_DNS, LOGICAL_DNS, EDS and ORIGINAL_DST are supported,"
                      + " in "
                      + name);
        };
    var policy = typedMetadata(m.message(25), TypeUrls.CLUSTER_POLICY);
    var proxyProtocol = m.optional(24).flatMap(ClusterDecoder::proxyProtocol);
    var socket =
        proxyProtocol.isEmpty()
            ? m.optional(24)
            : m.message(24).any(3, TypeUrls.UPSTREAM_PROXY_PROTOCOL).optional(2);
    return new Cluster(
        name,
        discovery,
        socket.filter(s -> !s.text(1).equals(RAW_BUFFER)).map(ClusterDecoder::clientTls),
        protocol(m, name),
        discovery instanceof Cluster.Discovery.OriginalDst
            ? Cluster.LoadBalancing.Simple.LEAST_REQUEST
            : BalancingWire.loadBalancing(m, policy),
        HealthDecoder.health(m),
        policy.flatMap(LimitsWire::limits),
        policy.map(PolicyWire::resilience).orElse(ResilienceSettings.none()),
        proxyProtocol,
        policy.flatMap(LocalityWire::localities));
  }

  /** OriginalDstLbConfig: use_http_header 1, upstream_port_override 3. */
  private static Cluster.Discovery originalDst(ProtoMessage m, String name) {
    var config = m.message(34);
    if (config.flag(1) || config.has(3)) {
      throw new DecodeException(
          "original_dst_lb_config: only the address of the connection is supported, in " + name);
    }
    return new Cluster.Discovery.OriginalDst();
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

  /**
   * A map of name to Any. HttpProtocolOptions: explicit_http_config 3 (http_protocol_options 1,
   * http2_protocol_options 2).
   */
  private static Cluster.Protocol protocol(ProtoMessage cluster, String name) {
    for (var entry : cluster.messages(36)) {
      if (entry.text(1).equals(TypeUrls.HTTP_PROTOCOL_OPTIONS)) {
        var explicit = entry.any(2, TypeUrls.HTTP_PROTOCOL_OPTIONS).message(3);
        if (explicit.optional(2).isPresent()) {
          return Cluster.Protocol.HTTP_2;
        }
        if (explicit.optional(1).isEmpty() && cluster.intNumber(2) != ORIGINAL_DST) {
          throw new DecodeException("explicit_http_config: must name HTTP/1 or HTTP/2, in " + name);
        }
      }
    }
    return Cluster.Protocol.HTTP_1;
  }

  private static Duration refresh(ProtoMessage cluster) {
    return cluster.has(16) ? cluster.duration(16) : Cluster.Discovery.DEFAULT_REFRESH_RATE;
  }

  /** TransportSocket: typed_config 3. UpstreamTlsContext: common_tls_context 1, sni 2. */
  private static ClientTls clientTls(ProtoMessage socket) {
    var context = socket.any(3, TypeUrls.UPSTREAM_TLS);
    var common = context.message(1);
    var serverName = context.text(2);
    return new ClientTls(
        ListenerDecoder.certificate(common),
        ListenerDecoder.peerValidation(common, serverName),
        serverName);
  }

  /** Metadata: typed_filter_metadata 2, a map of name to Any. BytesValue: value 1, an Any. */
  static Optional<ProtoMessage> typedMetadata(ProtoMessage metadata, String type) {
    for (var entry : metadata.messages(2)) {
      if (entry.text(1).equals(TypeUrls.POLICY)) {
        return Optional.of(entry.any(2, TypeUrls.BYTES_VALUE).any(1, type));
      }
    }
    return Optional.empty();
  }
}
