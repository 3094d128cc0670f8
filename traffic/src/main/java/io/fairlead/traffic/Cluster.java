package io.fairlead.traffic;

import io.fairlead.resilience.ResilienceSettings;
import java.util.List;
import java.util.Optional;

/**
 * A group of equal endpoints with the policy of calls to them. Immutable.
 *
 * @param name unique among clusters
 * @param discovery where the endpoints come from
 * @param tls how connections are secured; empty means plain text
 * @param loadBalancing how an endpoint is picked
 * @param resilience circuit breaker, retry, timeouts and bulkhead of calls to this cluster
 * @param proxyProtocol the version of the header that tells endpoints who the client is; empty
 *     sends none. No connection serves two clients then
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/cluster.proto">
 *     envoy.config.cluster.v3.Cluster</a>
 */
public record Cluster(
    String name,
    Discovery discovery,
    Optional<ClientTls> tls,
    LoadBalancing loadBalancing,
    ResilienceSettings resilience,
    Optional<ProxyVersion> proxyProtocol)
    implements Resource {

  /** Without a header for the client's address. */
  public Cluster(
      String name,
      Discovery discovery,
      Optional<ClientTls> tls,
      LoadBalancing loadBalancing,
      ResilienceSettings resilience) {
    this(name, discovery, tls, loadBalancing, resilience, Optional.empty());
  }

  /** A version of the PROXY protocol. */
  public enum ProxyVersion {
    /** Text. */
    V1,
    /** Binary. */
    V2
  }

  /** Where a cluster's endpoints come from. */
  public sealed interface Discovery {
    /**
     * From the {@link Endpoints} resource of that name; the cluster is warm once it is there.
     *
     * @param endpoints name of the resource
     */
    record Eds(String endpoints) implements Discovery {
      public Eds {
        Resource.requireName(endpoints);
      }
    }

    /** From the cluster itself. */
    record Static(List<Endpoint> endpoints) implements Discovery {
      public Static {
        endpoints = List.copyOf(endpoints);
      }
    }
  }

  /** How an endpoint is picked. */
  public enum LoadBalancing {
    /** The less loaded of two random ones (power of two choices). */
    LEAST_REQUEST,
    ROUND_ROBIN,
    RANDOM
  }

  public Cluster {
    Resource.requireName(name);
  }
}
