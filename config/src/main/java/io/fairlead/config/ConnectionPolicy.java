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
 */
public record ConnectionPolicy(
    Metadata metadata,
    List<HttpRoute.Parent> targets,
    Optional<List<Upgrade>> upgrades,
    Optional<ClientHeader> clientHeader,
    Optional<EndpointHeader> endpointHeader,
    Optional<Duration> detectionTimeout)
    implements Manifest {
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
