package io.fairlead.proxy.upstream;

import io.fairlead.proxy.tls.ClientTlsContext;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Cluster.ProxyVersion;
import io.fairlead.traffic.Endpoint;
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
 * @param proxyProtocol how endpoints are told of the client, or null; connections are not shared
 *     then
 */
public record Members(
    List<Endpoint> endpoints,
    LoadBalancing loadBalancing,
    Duration connectTimeout,
    @Nullable ClientTlsContext tls,
    @Nullable ProxyVersion proxyProtocol) {
  public Members {
    endpoints = List.copyOf(endpoints);
  }

  /** Of endpoints that are told nothing of the client. */
  public Members(
      List<Endpoint> endpoints,
      LoadBalancing loadBalancing,
      Duration connectTimeout,
      @Nullable ClientTlsContext tls) {
    this(endpoints, loadBalancing, connectTimeout, tls, null);
  }
}
