package io.fairlead.proxy.upstream;

import io.fairlead.proxy.tls.ClientTlsContext;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Cluster.Protocol;
import io.fairlead.traffic.Cluster.ProxyVersion;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.EndpointHealth;
import io.fairlead.traffic.Preconnect;
import io.fairlead.traffic.UpstreamLimits;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster consists of in one configuration. Immutable.
 *
 * @param endpoints all, whatever their health
 * @param loadBalancing how one is picked
 * @param connectTimeout until a connection can be used, TLS included
 * @param tls how connections are secured, or null for plain text
 * @param protocol what is spoken on them
 * @param names how the endpoints' hosts are resolved, or null if that is left to connecting
 * @param health how endpoints are judged beside the health that they come with, or null
 * @param limits bounds over all loops, or null
 * @param proxyProtocol how endpoints are told of the client, or null; connections are not shared
 *     then
 * @param choice whose it is which endpoint an attempt goes to
 * @param zones what the place of the proxy means, or null
 */
public record Members(
    List<Endpoint> endpoints,
    LoadBalancing loadBalancing,
    Duration connectTimeout,
    @Nullable ClientTlsContext tls,
    Protocol protocol,
    @Nullable DnsNames names,
    @Nullable EndpointHealth health,
    @Nullable UpstreamLimits limits,
    @Nullable ProxyVersion proxyProtocol,
    Choice choice,
    @Nullable Zones zones) {
  /** Who chooses the endpoint of an attempt. */
  public enum Choice {
    /** The balancer, among the endpoints. */
    BALANCER,
    /** The client, which opened its connection to it; there are no endpoints otherwise. */
    CLIENT
  }

  public Members {
    endpoints = List.copyOf(endpoints);
  }

  /** The same where the client chooses, and another protocol is spoken. */
  Members chosenByClient(Protocol spoken) {
    return new Members(
        List.of(),
        loadBalancing,
        connectTimeout,
        tls,
        spoken,
        null,
        null,
        limits,
        proxyProtocol,
        Choice.CLIENT,
        null);
  }

  Members with(List<Endpoint> resolved, @Nullable DnsNames by) {
    return new Members(
        resolved,
        loadBalancing,
        connectTimeout,
        tls,
        protocol,
        by,
        health,
        limits,
        proxyProtocol,
        choice,
        zones);
  }

  /** How many connections are made ahead, or null for none. */
  @Nullable Preconnect preconnect() {
    return limits == null ? null : limits.preconnect().orElse(null);
  }

  /**
   * Of endpoints among which the balancer chooses, which are told nothing of the client, and are
   * equally good wherever they are.
   */
  public Members(
      List<Endpoint> endpoints,
      LoadBalancing loadBalancing,
      Duration connectTimeout,
      @Nullable ClientTlsContext tls,
      Protocol protocol,
      @Nullable DnsNames names,
      @Nullable EndpointHealth health,
      @Nullable UpstreamLimits limits) {
    this(
        endpoints,
        loadBalancing,
        connectTimeout,
        tls,
        protocol,
        names,
        health,
        limits,
        null,
        Choice.BALANCER,
        null);
  }
}
