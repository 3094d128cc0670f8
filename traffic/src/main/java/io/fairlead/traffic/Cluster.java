package io.fairlead.traffic;

import io.fairlead.resilience.ResilienceSettings;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A group of equal endpoints with the policy of calls to them. Immutable.
 *
 * @param name unique among clusters
 * @param discovery where the endpoints come from
 * @param tls how connections are secured; empty means plain text
 * @param protocol what is spoken to the endpoints
 * @param loadBalancing how an endpoint is picked
 * @param health how endpoints are judged beside what the catalog says; empty does not
 * @param limits bounds over all loops of a proxy; empty has none
 * @param resilience circuit breaker, retry, timeouts and bulkhead of calls to this cluster
 * @param proxyProtocol the version of the header that tells endpoints who the client is; empty
 *     sends none. No connection serves two clients then
 * @param localities what the place of the proxy means; empty takes any endpoint
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/cluster.proto">
 *     envoy.config.cluster.v3.Cluster</a>
 */
public record Cluster(
    String name,
    Discovery discovery,
    Optional<ClientTls> tls,
    Protocol protocol,
    LoadBalancing loadBalancing,
    Optional<EndpointHealth> health,
    Optional<UpstreamLimits> limits,
    ResilienceSettings resilience,
    Optional<ProxyVersion> proxyProtocol,
    Optional<LocalityRouting> localities)
    implements Resource {

  /**
   * A cluster without limits whose endpoints are told nothing of the client, and are equally good
   * wherever they are.
   */
  public Cluster(
      String name,
      Discovery discovery,
      Optional<ClientTls> tls,
      Protocol protocol,
      LoadBalancing loadBalancing,
      Optional<EndpointHealth> health,
      ResilienceSettings resilience) {
    this(
        name,
        discovery,
        tls,
        protocol,
        loadBalancing,
        health,
        Optional.empty(),
        resilience,
        Optional.empty(),
        Optional.empty());
  }

  /** A cluster spoken to by HTTP/1.1, whose endpoints are as the catalog says. */
  public Cluster(
      String name,
      Discovery discovery,
      Optional<ClientTls> tls,
      LoadBalancing loadBalancing,
      ResilienceSettings resilience) {
    this(
        name,
        discovery,
        tls,
        Protocol.HTTP_1,
        loadBalancing,
        Optional.empty(),
        Optional.empty(),
        resilience,
        Optional.empty(),
        Optional.empty());
  }

  /** A version of the PROXY protocol. */
  public enum ProxyVersion {
    /** Text. */
    V1,
    /** Binary. */
    V2
  }

  /** The same with TLS towards its endpoints. */
  public Cluster withTls(ClientTls other) {
    return new Cluster(
        name,
        discovery,
        Optional.of(other),
        protocol,
        loadBalancing,
        health,
        limits,
        resilience,
        proxyProtocol,
        localities);
  }

  /** This cluster with another protocol. */
  public Cluster withProtocol(Protocol other) {
    return new Cluster(
        name,
        discovery,
        tls,
        other,
        loadBalancing,
        health,
        limits,
        resilience,
        proxyProtocol,
        localities);
  }

  /** This cluster with another way to pick an endpoint. */
  public Cluster withLoadBalancing(LoadBalancing other) {
    return new Cluster(
        name,
        discovery,
        tls,
        protocol,
        other,
        health,
        limits,
        resilience,
        proxyProtocol,
        localities);
  }

  /** This cluster with its endpoints judged so. */
  public Cluster withHealth(EndpointHealth other) {
    return new Cluster(
        name,
        discovery,
        tls,
        protocol,
        loadBalancing,
        Optional.of(other),
        limits,
        resilience,
        proxyProtocol,
        localities);
  }

  /** This cluster with this meaning of places. */
  public Cluster withLocalities(LocalityRouting other) {
    return new Cluster(
        name,
        discovery,
        tls,
        protocol,
        loadBalancing,
        health,
        limits,
        resilience,
        proxyProtocol,
        Optional.of(other));
  }

  /** This cluster with these bounds. */
  public Cluster withLimits(UpstreamLimits other) {
    return new Cluster(
        name,
        discovery,
        tls,
        protocol,
        loadBalancing,
        health,
        Optional.of(other),
        resilience,
        proxyProtocol,
        localities);
  }

  /** What is spoken to the endpoints. */
  public enum Protocol {
    /** HTTP/1.1, a connection for each request under way. */
    HTTP_1,
    /** HTTP/2, in clear text without asking, within TLS by ALPN. */
    HTTP_2
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

    /**
     * All addresses of the names, which the proxy resolves again at a fixed rate, whatever their
     * time to live. A name that cannot be resolved keeps its last addresses.
     *
     * @param names endpoints whose hosts are names; each of its addresses has the endpoint's weight
     * @param refreshRate 1 ms to 24 h
     */
    record StrictDns(List<Endpoint> names, Duration refreshRate) implements Discovery {
      public StrictDns {
        names = byPriority(names);
        requireRate(refreshRate);
      }
    }

    /**
     * One endpoint, whose new connections go to the address that its name has just now. Connections
     * to addresses that it had before stay.
     *
     * @param name the endpoint whose host is a name
     * @param refreshRate 1 ms to 24 h
     */
    record LogicalDns(Endpoint name, Duration refreshRate) implements Discovery {
      public LogicalDns {
        requireRate(refreshRate);
      }
    }

    /** How often names are resolved where nothing else is said: Envoy's dns_refresh_rate. */
    Duration DEFAULT_REFRESH_RATE = Duration.ofSeconds(5);

    private static List<Endpoint> byPriority(List<Endpoint> endpoints) {
      return endpoints.stream()
          .sorted(Comparator.comparingInt(Endpoint::priority).thenComparing(Endpoint::locality))
          .toList();
    }

    private static void requireRate(Duration rate) {
      if (rate.compareTo(Duration.ofMillis(1)) < 0 || rate.compareTo(Duration.ofDays(1)) > 0) {
        throw new IllegalArgumentException("refreshRate: must be 1 ms to 24 h, was " + rate);
      }
    }

    /**
     * The address to which the client opened its connection, which the kernel led to the proxy. The
     * endpoint is spoken to as the client speaks, by HTTP/1.1 or HTTP/2.
     */
    record OriginalDst() implements Discovery {}

    /** From the cluster itself. */
    record Static(List<Endpoint> endpoints) implements Discovery {
      public Static {
        endpoints = byPriority(endpoints);
      }
    }
  }

  /** How an endpoint is picked. Immutable. */
  public sealed interface LoadBalancing {
    /** Whether weights that grow with time mean something: not at random, nor by a hash. */
    default boolean growsWeights() {
      return switch (this) {
        case Simple simple -> simple != Simple.RANDOM;
        case PeakEwma peak -> true;
        case RingHash ring -> false;
        case Maglev maglev -> false;
      };
    }

    /** Ways that need no settings. */
    enum Simple implements LoadBalancing {
      /** The less loaded of two random ones (power of two choices). */
      LEAST_REQUEST,
      ROUND_ROBIN,
      RANDOM
    }

    /**
     * Of two random ones that with the lower product of its latency and the requests under way. A
     * higher latency counts at once, a lower one with time (Finagle's Peak EWMA).
     *
     * @param decay after which a latency counts for 1/e; 1 ms to 1 h
     */
    record PeakEwma(Duration decay) implements LoadBalancing {
      /** Finagle's own. */
      public static final Duration DEFAULT_DECAY = Duration.ofSeconds(10);

      public PeakEwma {
        var hour = Duration.ofHours(1);
        if (decay.compareTo(Duration.ofMillis(1)) < 0 || decay.compareTo(hour) > 0) {
          throw new IllegalArgumentException("decay: must be 1 ms to 1 h, was " + decay);
        }
      }
    }

    /**
     * The owner of the next point on a ring on which each endpoint has many (Karger et al.,
     * Consistent Hashing and Random Trees, 1997).
     *
     * @param key what of a request is hashed; a request without it goes anywhere
     * @param minSize points on the ring at least, 1 to {@code maxSize}
     * @param maxSize points on the ring at most, up to {@value #MOST}
     */
    record RingHash(HashKey key, int minSize, int maxSize) implements LoadBalancing {
      /** Points at least, where nothing else is said. */
      public static final int DEFAULT_MIN = 1024;

      /** Points at most, in any case and where nothing else is said. */
      public static final int MOST = 8 << 20;

      public RingHash {
        if (maxSize < 1 || maxSize > MOST) {
          throw new IllegalArgumentException("maxSize: must be 1 to " + MOST + ", was " + maxSize);
        }
        if (minSize < 1 || minSize > maxSize) {
          throw new IllegalArgumentException(
              "minSize: must be 1 to " + maxSize + ", was " + minSize);
        }
      }
    }

    /**
     * The owner of a place in a table that is shared out evenly (Eisenbud et al., Maglev, NSDI
     * 2016, section 3.4).
     *
     * @param key what of a request is hashed; a request without it goes anywhere
     * @param tableSize a prime from 2 to {@value #MOST}, much larger than the number of endpoints
     */
    record Maglev(HashKey key, int tableSize) implements LoadBalancing {
      /** The size where nothing else is said: the smaller one of the paper. */
      public static final int DEFAULT_SIZE = 65_537;

      /** The largest size. */
      public static final int MOST = 5_000_011;

      public Maglev {
        if (tableSize < 2
            || tableSize > MOST
            || !BigInteger.valueOf(tableSize).isProbablePrime(30)) {
          throw new IllegalArgumentException(
              "tableSize: must be a prime from 2 to " + MOST + ", was " + tableSize);
        }
      }
    }
  }

  /** What of a request is hashed, so that equal ones reach the same endpoint. Immutable. */
  public sealed interface HashKey {
    /** The value of a header; the name in lower case. */
    record Header(String name) implements HashKey {
      public Header {
        Resource.requireName(name);
      }
    }

    /**
     * The value of a cookie.
     *
     * @param name case sensitive
     * @param path of the cookie that is made; empty leaves the choice to the client
     * @param lifetime of the cookie that a request without one gets, where zero is until the client
     *     ends; empty makes none
     */
    record Cookie(String name, String path, Optional<Duration> lifetime) implements HashKey {
      public Cookie {
        // A token (RFC 6265 section 4.1.1), and a path that cannot begin another attribute.
        if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")) {
          throw new IllegalArgumentException("name: must be a token, was " + name);
        }
        if (!path.matches("(/[ -~&&[^;]]{0,1023})?")) {
          throw new IllegalArgumentException(
              "path: must begin with / and hold no control characters and no ;, was " + path);
        }
        if (lifetime.isPresent() && lifetime.get().isNegative()) {
          throw new IllegalArgumentException(
              "lifetime: must not be negative, was " + lifetime.get());
        }
      }
    }

    /** The address of the client's end of the connection, without its port. */
    record SourceAddress() implements HashKey {}

    /** The value of a query parameter. */
    record QueryParameter(String name) implements HashKey {
      public QueryParameter {
        Resource.requireName(name);
      }
    }
  }

  public Cluster {
    Resource.requireName(name);
    health
        .flatMap(EndpointHealth::healthCheck)
        .ifPresent(check -> requireAskable(check.probe(), protocol, name));
    if (discovery instanceof Discovery.OriginalDst) {
      boolean plain = health.isEmpty() && protocol == Protocol.HTTP_1 && tls.isEmpty();
      if (!plain || loadBalancing != LoadBalancing.Simple.LEAST_REQUEST) {
        throw new IllegalArgumentException(
            "discovery: ORIGINAL_DST has no TLS, health, balancing or protocol of its own, in "
                + name);
      }
    }
    boolean weighs = loadBalancing.growsWeights();
    if (!weighs && health.flatMap(EndpointHealth::slowStart).isPresent()) {
      throw new IllegalArgumentException(
          "slowStart: needs LEAST_REQUEST, ROUND_ROBIN or PEAK_EWMA, in " + name);
    }
  }

  private static void requireAskable(HealthCheck.Probe probe, Protocol protocol, String name) {
    boolean http2 = protocol == Protocol.HTTP_2;
    switch (probe) {
      case HealthCheck.Probe.Http http when http2 ->
          throw new IllegalArgumentException(
              "healthCheck: must be TCP or gRPC for HTTP/2, in " + name);
      case HealthCheck.Probe.Grpc grpc when !http2 ->
          throw new IllegalArgumentException("healthCheck: gRPC needs HTTP/2, in " + name);
      case HealthCheck.Probe.Http http -> {}
      case HealthCheck.Probe.Grpc grpc -> {}
      case HealthCheck.Probe.Tcp tcp -> {}
    }
  }
}
