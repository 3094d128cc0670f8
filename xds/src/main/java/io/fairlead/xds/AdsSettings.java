package io.fairlead.xds;

import io.fairlead.traffic.HostPort;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * How the client finds the control plane and who it is. Immutable.
 *
 * @param control address of the control plane's xDS port
 * @param nodeId unique in the mesh
 * @param metadata what the control plane translates for; see the guide to its fields
 * @param firstRetry wait before the first new attempt after a loss; it doubles with each failure
 * @param lastRetry the longest wait between attempts
 * @param maxMessageBytes longest message that is accepted
 */
public record AdsSettings(
    HostPort control,
    String nodeId,
    Map<String, String> metadata,
    Duration firstRetry,
    Duration lastRetry,
    int maxMessageBytes) {
  public AdsSettings {
    metadata = Map.copyOf(metadata);
    if (nodeId.isEmpty()) {
      throw new IllegalArgumentException("nodeId: must not be empty");
    }
  }

  /** Whom a configuration is for: everything that it is translated for, whatever the node's id. */
  public String audience() {
    return new TreeMap<>(metadata).toString();
  }

  /** Attempts after 100 ms to 5 s, messages up to 64 MiB. */
  public static AdsSettings of(HostPort control, String nodeId, Map<String, String> metadata) {
    return new AdsSettings(
        control, nodeId, metadata, Duration.ofMillis(100), Duration.ofSeconds(5), 64 << 20);
  }
}
