package io.fairlead.config;

import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Manifest.Metadata;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What is made of connections (fairlead.io/v1). What is empty decides nothing.
 *
 * @param targets routes, gateways or one of their listeners, or services
 * @param upgrades what requests of a route may make of their connection
 * @param clientHeader whether connections to a gateway begin with a PROXY header
 * @param endpointHeader the version of the PROXY header for endpoints of a service
 * @param detectionTimeout how long clients of a gateway may be silent before they speak TCP
 * @param http what clients of a gateway or a service may ask of HTTP
 */
public record ConnectionPolicy(
    Metadata metadata,
    List<HttpRoute.Parent> targets,
    Optional<List<Upgrade>> upgrades,
    Optional<ClientHeader> clientHeader,
    Optional<EndpointHeader> endpointHeader,
    Optional<Duration> detectionTimeout,
    Http http)
    implements Manifest {
  /**
   * Bounds of a client's connection. What is empty is as usual.
   *
   * @param maxStreams of HTTP/2 at the same time
   * @param streamWindow octets of a stream that may be under way
   * @param connectionWindow octets of all streams that may be under way
   * @param maxResets streams that may be given up in ten seconds
   * @param maxIdleFrames frames that may bring nothing in ten seconds
   * @param maxHeadKib of a request in any version
   */
  public record Http(
      Optional<Integer> maxStreams,
      Optional<Integer> streamWindow,
      Optional<Integer> connectionWindow,
      Optional<Integer> maxResets,
      Optional<Integer> maxIdleFrames,
      Optional<Integer> maxHeadKib) {
    /** As usual. */
    public static final Http USUAL =
        new Http(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
  }

  /** Whether a header is expected. */
  public enum ClientHeader {
    OPTIONAL,
    REQUIRED
  }

  /** A version of the PROXY protocol. */
  public enum EndpointHeader {
    V1,
    V2
  }

  /** An end of HTTP on a connection, as it is written in YAML. */
  public enum Upgrade {
    WEBSOCKET("websocket"),
    CONNECT("CONNECT");

    private final String text;

    Upgrade(String text) {
      this.text = text;
    }

    /** The name in YAML, which is that of the protocol. */
    public String text() {
      return text;
    }
  }
}
