package io.fairlead.cli;

import io.fairlead.proxy.DataPlaneSettings;
import io.fairlead.proxy.downstream.ConnectionLimits;
import io.fairlead.proxy.loop.PortSharing;
import io.fairlead.traffic.Locality;
import java.time.Duration;
import java.util.Optional;

/**
 * What a user may say about the proxy of a sidecar or gateway; what is empty follows from the
 * machine. Immutable.
 *
 * @param concurrency event loops
 * @param maxConnections of clients at a time
 * @param maxBufferBytes in buffers at a time
 * @param sharing whether a successor may take the ports over
 * @param drain how long requests under way may take once it stops
 * @param locality where it runs
 */
record ProxySettings(
    Optional<Integer> concurrency,
    Optional<Integer> maxConnections,
    Optional<Long> maxBufferBytes,
    PortSharing sharing,
    Duration drain,
    Locality locality) {
  /** A loop per processor, what the process may have, ports of its own, five seconds. */
  static ProxySettings defaults() {
    return new ProxySettings(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        PortSharing.EXCLUSIVE,
        Duration.ofSeconds(5),
        Locality.NONE);
  }

  /**
   * Settings with these wishes.
   *
   * @throws CommandException naming the flag that is wrong
   */
  DataPlaneSettings applyTo(DataPlaneSettings settings) {
    try {
      var chosen = settings.withSharing(sharing).withLocality(locality);
      if (concurrency.isPresent()) {
        chosen = chosen.withEventLoops(concurrency.get());
      }
      var bounds = chosen.overload();
      if (maxConnections.isPresent()) {
        bounds = bounds.withMaxConnections(maxConnections.get());
      }
      if (maxBufferBytes.isPresent()) {
        bounds = bounds.withMaxBufferBytes(maxBufferBytes.get());
      }
      // One listener may have them all.
      var connections = ConnectionLimits.defaults().withMaxConnections(bounds.maxConnections());
      return chosen.withOverload(bounds).withConnections(connections);
    } catch (IllegalArgumentException wrong) {
      throw new CommandException("--" + flag(String.valueOf(wrong.getMessage())), wrong);
    }
  }

  private static String flag(String message) {
    return message
        .replace("eventLoops:", "concurrency:")
        .replace("maxConnections:", "max-connections:")
        .replace("maxBufferBytes:", "max-buffer-bytes:");
  }
}
