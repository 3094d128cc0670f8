package io.fairlead.config;

import io.fairlead.config.Manifest.Metadata;
import io.fairlead.config.Manifest.Ref;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A service that is asked about each request (fairlead.io/v1).
 *
 * @param service what is asked
 * @param protocol how it is asked
 * @param statusOnError what refused requests are answered with where nobody answers
 * @param body what it is told of a request's body
 * @param requestHeaders that it is told; by HTTP beside host and authorization, by gRPC none means
 *     all
 */
public record ExternalAuthorization(
    Metadata metadata,
    List<Ref> targets,
    Ref service,
    Protocol protocol,
    Duration timeout,
    FailureMode failureMode,
    int statusOnError,
    Optional<CheckedBody> body,
    List<String> requestHeaders)
    implements Manifest {
  /** What becomes of requests while nobody answers. */
  public enum FailureMode {
    REFUSE,
    ALLOW
  }

  /** How a service is asked. */
  public sealed interface Protocol {
    /**
     * By a request.
     *
     * @param pathPrefix stands before the request's path
     * @param upstreamHeaders of its consent that go on with the request
     * @param clientHeaders of its refusal that the client gets; none means all
     */
    record Http(String pathPrefix, List<String> upstreamHeaders, List<String> clientHeaders)
        implements Protocol {}

    /** By a call of Envoy's Authorization service, with what it is told of where it is asked. */
    record Grpc(Map<String, String> contextExtensions) implements Protocol {}
  }

  /** The first octets of bodies; longer ones are refused or cut. */
  public record CheckedBody(int maxRequestBytes, Partial partial) {
    /** Whether a part of a body may be told. */
    public enum Partial {
      ALLOWED,
      REFUSED
    }
  }
}
