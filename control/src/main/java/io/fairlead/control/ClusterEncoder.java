package io.fairlead.control;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.EdsClusterConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbPolicy;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.type.v3.Percent;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.xds.PolicyWire;
import io.fairlead.xds.TypeUrls;

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
        io.envoyproxy.envoy.config.cluster.v3.Cluster.newBuilder()
            .setName(cluster.name())
            .setLbPolicy(
                switch (cluster.loadBalancing()) {
                  case ROUND_ROBIN -> LbPolicy.ROUND_ROBIN;
                  case LEAST_REQUEST -> LbPolicy.LEAST_REQUEST;
                  case RANDOM -> LbPolicy.RANDOM;
                });
    switch (cluster.discovery()) {
      case Cluster.Discovery.Eds(var endpoints) ->
          message
              .setType(DiscoveryType.EDS)
              .setEdsClusterConfig(
                  EdsClusterConfig.newBuilder()
                      .setEdsConfig(Encoder.ads())
                      .setServiceName(endpoints));
      case Cluster.Discovery.Static(var endpoints) ->
          message
              .setType(DiscoveryType.STATIC)
              .setLoadAssignment(Encoder.assignment(cluster.name(), endpoints));
    }
    var socket = cluster.tls().map(TlsEncoder::client);
    cluster
        .proxyProtocol()
        .map(version -> TlsEncoder.proxyProtocol(version, socket))
        .or(() -> socket)
        .ifPresent(message::setTransportSocket);
    nativeFields(cluster.resilience(), message);
    if (!cluster.resilience().isEmpty()) {
      message.setMetadata(
          metadata(
              Any.newBuilder()
                  .setTypeUrl(PolicyWire.CLUSTER_POLICY)
                  .setValue(PolicyWire.cluster(cluster.resilience()))
                  .build()));
    }
    return message.build();
  }

  /** What Envoy enforces of the policy: connect timeout, concurrency and retry budget. */
  private static void nativeFields(
      ResilienceSettings policy, io.envoyproxy.envoy.config.cluster.v3.Cluster.Builder message) {
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
    if (policy.bulkhead().isPresent() || policy.retry().isPresent()) {
      message.setCircuitBreakers(CircuitBreakers.newBuilder().addThresholds(thresholds));
    }
  }

  static Metadata metadata(Any policy) {
    return Metadata.newBuilder().putTypedFilterMetadata(TypeUrls.POLICY, policy).build();
  }
}
