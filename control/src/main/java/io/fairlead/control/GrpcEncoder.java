package io.fairlead.control;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.EdsClusterConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbPolicy;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.RingHashLbConfig;
import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.listener.v3.ApiListener;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Cluster.Discovery;
import io.fairlead.traffic.Endpoints;
import io.fairlead.traffic.Listener;

/** Listeners, clusters and endpoints for gRPC libraries. Stateless. */
final class GrpcEncoder {
  private GrpcEncoder() {}

  /** Nothing is listened on: the name leads to its routes (gRFC A27, ApiListener). */
  static Message listener(Listener listener) {
    var manager =
        HttpConnectionManager.newBuilder()
            .setStatPrefix(listener.name())
            .setRds(
                Rds.newBuilder()
                    .setRouteConfigName(listener.routeTable())
                    .setConfigSource(Encoder.ads()))
            .addHttpFilters(
                HttpFilter.newBuilder()
                    .setName("router")
                    .setTypedConfig(Any.pack(Router.getDefaultInstance())));
    return io.envoyproxy.envoy.config.listener.v3.Listener.newBuilder()
        .setName(listener.name())
        .setApiListener(ApiListener.newBuilder().setApiListener(Any.pack(manager.build())))
        .build();
  }

  /**
   * As for Envoy, without what they do not read, and with a way to pick that they know. Outlier
   * detection and the bound of requests are honoured.
   */
  static Message cluster(Cluster cluster) {
    var message =
        ((io.envoyproxy.envoy.config.cluster.v3.Cluster) ClusterEncoder.cluster(cluster))
            .toBuilder()
                .clearMetadata()
                .clearTypedExtensionProtocolOptions()
                .clearTransportSocket()
                .clearPreconnectPolicy()
                .clearHealthChecks()
                .clearCommonLbConfig()
                .clearRoundRobinLbConfig()
                .clearDnsRefreshRate();
    switch (cluster.discovery()) {
      case Discovery.Eds eds -> {}
      case Discovery.LogicalDns name -> {}
      case Discovery.OriginalDst passing -> {}
      case Discovery.StrictDns name -> message.setType(DiscoveryType.LOGICAL_DNS);
      case Discovery.Static fixed ->
          message
              .setType(DiscoveryType.EDS)
              .clearLoadAssignment()
              .setEdsClusterConfig(
                  EdsClusterConfig.newBuilder()
                      .setEdsConfig(Encoder.ads())
                      .setServiceName(cluster.name()));
    }
    if (message.getLbPolicy() == LbPolicy.MAGLEV) {
      message
          .clearMaglevLbConfig()
          .setLbPolicy(LbPolicy.RING_HASH)
          .setRingHashLbConfig(RingHashLbConfig.getDefaultInstance());
    } else if (message.getLbPolicy() == LbPolicy.RANDOM) {
      message.setLbPolicy(LbPolicy.ROUND_ROBIN);
    }
    return message.build();
  }

  /**
   * A place without a weight is passed over, and one without a name refused by some; so is all of
   * it if a priority is left out.
   */
  static Message endpoints(Endpoints endpoints) {
    var message = Encoder.assignment(endpoints.name(), endpoints.endpoints()).toBuilder();
    int before = -1;
    int priority = -1;
    for (var place : message.getEndpointsBuilderList()) {
      if (!place.hasLocality()) {
        place.setLocality(Locality.getDefaultInstance());
      }
      long weight =
          place.getLbEndpointsList().stream()
              .mapToLong(each -> each.getLoadBalancingWeight().getValue())
              .sum();
      place.setLoadBalancingWeight(UInt32Value.of((int) Math.clamp(weight, 1, Integer.MAX_VALUE)));
      priority += place.getPriority() == before ? 0 : 1;
      before = place.getPriority();
      place.setPriority(priority);
    }
    return message.build();
  }
}
