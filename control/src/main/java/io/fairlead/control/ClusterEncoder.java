package io.fairlead.control;

import com.google.protobuf.Any;
import com.google.protobuf.BytesValue;
import com.google.protobuf.DoubleValue;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.UInt64Value;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.CommonLbConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.EdsClusterConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbPolicy;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.MaglevLbConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.PreconnectPolicy;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.RingHashLbConfig;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.type.v3.Percent;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.LocalityRouting;
import io.fairlead.traffic.Preconnect;
import io.fairlead.traffic.UpstreamLimits;
import io.fairlead.xds.PolicyWire;
import io.fairlead.xds.TypeUrls;
import java.util.List;

/**
 * Clusters to xDS. Stateless.
 *
 * <p>The policy travels whole as typed metadata, which our data planes read; beside it stand the
 * nearest native fields, which Envoy reads.
 */
final class ClusterEncoder {
  private ClusterEncoder() {}

  static Message cluster(Cluster cluster) {
    var message =
        io.envoyproxy.envoy.config.cluster.v3.Cluster.newBuilder().setName(cluster.name());
    loadBalancing(cluster.loadBalancing(), message);
    cluster
        .health()
        .ifPresent(health -> HealthEncoder.health(health, cluster.loadBalancing(), message));
    discovery(cluster, message);
    http(cluster, message);
    var socket = cluster.tls().map(TlsEncoder::client);
    cluster
        .proxyProtocol()
        .map(version -> TlsEncoder.proxyProtocol(version, socket))
        .or(() -> socket)
        .ifPresent(message::setTransportSocket);
    nativeFields(cluster, message);
    var policy = PolicyWire.cluster(cluster);
    if (!policy.isEmpty()) {
      message.setMetadata(
          metadata(
              Any.newBuilder().setTypeUrl(PolicyWire.CLUSTER_POLICY).setValue(policy).build()));
    }
    zones(cluster, message);
    cluster
        .limits()
        .flatMap(UpstreamLimits::preconnect)
        .ifPresent(ahead -> message.setPreconnectPolicy(preconnect(ahead)));
    return message.build();
  }

  /** Where nothing is said Envoy speaks HTTP/1.1, without bounds of its own. */
  private static void http(
      Cluster cluster, io.envoyproxy.envoy.config.cluster.v3.Cluster.Builder message) {
    boolean http2 = cluster.protocol() == Cluster.Protocol.HTTP_2;
    var bounds = cluster.limits().map(UpstreamLimits::http).orElse(UpstreamLimits.Http.NONE);
    boolean heads =
        bounds.maxResponseHeadKib().isPresent() || bounds.maxResponseHeaders().isPresent();
    if (!http2 && !heads || cluster.discovery() instanceof Cluster.Discovery.OriginalDst) {
      return;
    }
    var spoken = HttpProtocolOptions.ExplicitHttpConfig.newBuilder();
    if (http2) {
      var options = Http2ProtocolOptions.newBuilder();
      bounds
          .maxConcurrentStreams()
          .ifPresent(most -> options.setMaxConcurrentStreams(UInt32Value.of(most)));
      spoken.setHttp2ProtocolOptions(options);
    } else {
      spoken.setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance());
    }
    var all = HttpProtocolOptions.newBuilder().setExplicitHttpConfig(spoken);
    if (heads) {
      var common = io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions.newBuilder();
      bounds
          .maxResponseHeadKib()
          .ifPresent(most -> common.setMaxResponseHeadersKb(UInt32Value.of(most)));
      bounds
          .maxResponseHeaders()
          .ifPresent(most -> common.setMaxHeadersCount(UInt32Value.of(most)));
      all.setCommonHttpProtocolOptions(common);
    }
    message.putTypedExtensionProtocolOptions(TypeUrls.HTTP_PROTOCOL_OPTIONS, Any.pack(all.build()));
  }

  private static void discovery(
      Cluster cluster, io.envoyproxy.envoy.config.cluster.v3.Cluster.Builder message) {
    switch (cluster.discovery()) {
      case Cluster.Discovery.Eds(var endpoints) ->
          message
              .setType(DiscoveryType.EDS)
              .setEdsClusterConfig(
                  EdsClusterConfig.newBuilder()
                      .setEdsConfig(Encoder.ads())
                      .setServiceName(endpoints));
      case Cluster.Discovery.StrictDns(var names, var rate) ->
          message
              .setType(DiscoveryType.STRICT_DNS)
              .setDnsRefreshRate(Durations.fromNanos(rate.toNanos()))
              .setLoadAssignment(Encoder.assignment(cluster.name(), names));
      case Cluster.Discovery.LogicalDns(var name, var rate) ->
          message
              .setType(DiscoveryType.LOGICAL_DNS)
              .setDnsRefreshRate(Durations.fromNanos(rate.toNanos()))
              .setLoadAssignment(Encoder.assignment(cluster.name(), List.of(name)));
      case Cluster.Discovery.OriginalDst() -> originalDst(message);
      case Cluster.Discovery.Static(var endpoints) ->
          message
              .setType(DiscoveryType.STATIC)
              .setLoadAssignment(Encoder.assignment(cluster.name(), endpoints));
    }
  }

  /** Envoy balances nothing here, and speaks what the client speaks if it is told so. */
  private static void originalDst(io.envoyproxy.envoy.config.cluster.v3.Cluster.Builder message) {
    message
        .setType(DiscoveryType.ORIGINAL_DST)
        .setLbPolicy(LbPolicy.CLUSTER_PROVIDED)
        .putTypedExtensionProtocolOptions(
            TypeUrls.HTTP_PROTOCOL_OPTIONS,
            Any.pack(
                HttpProtocolOptions.newBuilder()
                    .setUseDownstreamProtocolConfig(
                        HttpProtocolOptions.UseDownstreamHttpConfig.newBuilder()
                            .setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance())
                            .setHttp2ProtocolOptions(Http2ProtocolOptions.getDefaultInstance()))
                    .build()));
  }

  /** Of the ways to follow places Envoy has this one by itself, and not for hashes. */
  private static void zones(
      Cluster cluster, io.envoyproxy.envoy.config.cluster.v3.Cluster.Builder message) {
    if (cluster.localities().orElse(null) instanceof LocalityRouting.ZoneAware(int least)) {
      message.setCommonLbConfig(
          message.getCommonLbConfig().toBuilder()
              .setZoneAwareLbConfig(
                  CommonLbConfig.ZoneAwareLbConfig.newBuilder()
                      .setMinClusterSize(UInt64Value.of(least))));
    }
  }

  private static void loadBalancing(
      LoadBalancing balancing, io.envoyproxy.envoy.config.cluster.v3.Cluster.Builder message) {
    switch (balancing) {
      case LoadBalancing.Simple simple ->
          message.setLbPolicy(
              switch (simple) {
                case ROUND_ROBIN -> LbPolicy.ROUND_ROBIN;
                case LEAST_REQUEST -> LbPolicy.LEAST_REQUEST;
                case RANDOM -> LbPolicy.RANDOM;
              });
      case LoadBalancing.PeakEwma peak -> message.setLbPolicy(LbPolicy.LEAST_REQUEST);
      case LoadBalancing.RingHash(var key, int least, int most) ->
          message
              .setLbPolicy(LbPolicy.RING_HASH)
              .setRingHashLbConfig(
                  RingHashLbConfig.newBuilder()
                      .setMinimumRingSize(UInt64Value.of(least))
                      .setMaximumRingSize(UInt64Value.of(most)));
      case LoadBalancing.Maglev(var key, int size) ->
          message
              .setLbPolicy(LbPolicy.MAGLEV)
              .setMaglevLbConfig(MaglevLbConfig.newBuilder().setTableSize(UInt64Value.of(size)));
    }
  }

  /** What Envoy enforces of the policy: connect timeout, concurrency and retry budget. */
  private static void nativeFields(
      Cluster cluster, io.envoyproxy.envoy.config.cluster.v3.Cluster.Builder message) {
    var policy = cluster.resilience();
    var connect = policy.timeout().orElseGet(TimeoutSettings::defaults).connect();
    message.setConnectTimeout(Durations.fromNanos(connect.toNanos()));
    var thresholds = CircuitBreakers.Thresholds.newBuilder();
    policy
        .bulkhead()
        .ifPresent(
            bulkhead -> thresholds.setMaxRequests(UInt32Value.of(bulkhead.maxConcurrentCalls())));
    policy
        .retry()
        .flatMap(retry -> retry.budget())
        .ifPresent(
            budget ->
                thresholds.setRetryBudget(
                    CircuitBreakers.Thresholds.RetryBudget.newBuilder()
                        .setBudgetPercent(Percent.newBuilder().setValue(budget.percent()))
                        .setMinRetryConcurrency(UInt32Value.of(budget.minPerSecond()))));
    cluster.limits().ifPresent(limits -> limits(limits, thresholds));
    boolean bounded = policy.bulkhead().isPresent() || policy.retry().isPresent();
    if (bounded || cluster.limits().isPresent()) {
      message.setCircuitBreakers(CircuitBreakers.newBuilder().addThresholds(thresholds));
    }
  }

  /** The narrower of two bounds of the same thing counts, as it does with us. */
  private static void limits(UpstreamLimits limits, CircuitBreakers.Thresholds.Builder message) {
    limits.maxConnections().ifPresent(most -> message.setMaxConnections(UInt32Value.of(most)));
    limits
        .maxPendingRequests()
        .ifPresent(most -> message.setMaxPendingRequests(UInt32Value.of(most)));
    limits
        .maxRequests()
        .map(
            most ->
                message.hasMaxRequests()
                    ? Math.min(most, message.getMaxRequests().getValue())
                    : most)
        .ifPresent(most -> message.setMaxRequests(UInt32Value.of(most)));
  }

  private static PreconnectPolicy preconnect(Preconnect ahead) {
    return PreconnectPolicy.newBuilder()
        .setPerUpstreamPreconnectRatio(DoubleValue.of(ahead.perUpstreamRatio()))
        .setPredictivePreconnectRatio(DoubleValue.of(ahead.predictiveRatio()))
        .build();
  }

  /** Envoy cannot show its configuration where a type stands bare that it does not know. */
  static Metadata metadata(Any policy) {
    var wrapped = Any.pack(BytesValue.of(policy.toByteString()));
    return Metadata.newBuilder().putTypedFilterMetadata(TypeUrls.POLICY, wrapped).build();
  }
}
