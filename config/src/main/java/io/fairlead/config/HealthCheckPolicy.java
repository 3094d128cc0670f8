package io.fairlead.config;

import io.fairlead.config.Manifest.Metadata;
import io.fairlead.config.Manifest.Ref;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How callers ask the endpoints of services whether they are well (fairlead.io/v1). Without {@code
 * http} and {@code grpc} they only connect.
 *
 * @param http a request
 * @param grpc a call of gRPC
 */
public record HealthCheckPolicy(
    Metadata metadata,
    List<Ref> targets,
    Optional<HttpProbe> http,
    Optional<GrpcProbe> grpc,
    Duration interval,
    Duration timeout,
    int intervalJitterPercent,
    int unhealthyThreshold,
    int healthyThreshold)
    implements Manifest {
  /** A GET; an empty host sends the name of the service. */
  public record HttpProbe(String host, String path, List<Statuses> expectedStatuses) {}

  /**
   * A call of grpc.health.v1.Health/Check; an empty authority names the service, an empty service
   * asks for the server as a whole.
   */
  public record GrpcProbe(String authority, String service) {}

  /** A range of statuses, both ends included. */
  public record Statuses(int from, int to) {}
}
