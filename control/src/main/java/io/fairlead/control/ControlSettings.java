package io.fairlead.control;

import io.fairlead.traffic.MeshSettings;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What a control plane works with. Immutable.
 *
 * @param data directory of its state: configuration, root certificate and join token
 * @param directory watched for YAML files; empty watches none
 * @param mesh trust domain and sampling
 * @param certificateLifetime of workload certificates
 * @param counters the Redis server in which rate limits count, {@code redis://} or {@code
 *     rediss://}; empty counts in memory
 */
public record ControlSettings(
    Path data,
    Optional<Path> directory,
    MeshSettings mesh,
    Duration certificateLifetime,
    Optional<URI> counters) {
  public ControlSettings {
    counters.ifPresent(RedisSettings::of);
  }

  /** With counters in memory. */
  public ControlSettings(
      Path data, Optional<Path> directory, MeshSettings mesh, Duration certificateLifetime) {
    this(data, directory, mesh, certificateLifetime, Optional.empty());
  }

  /** Certificates for a day; no directory. */
  public static ControlSettings in(Path data) {
    return new ControlSettings(
        data, Optional.empty(), MeshSettings.defaults(), Duration.ofHours(24));
  }
}
