package io.fairlead.cli;

import io.fairlead.proxy.ApplyResult;
import io.fairlead.proxy.DataPlane;
import io.fairlead.proxy.DataPlaneSettings;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Snapshot;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How commands set up the data plane. Stateless. */
final class DataPlanes {
  private static final Logger LOG = LoggerFactory.getLogger(DataPlanes.class);

  private DataPlanes() {}

  static DataPlaneSettings settings(SidecarSettings settings) {
    var workload = settings.workload();
    return settings(
            DataPlaneSettings.of(workload.instance(), workload.service()),
            settings.ports().admin(),
            settings.mesh().otlp(),
            settings.proxy())
        .withAccessLogs(settings.accessLogs());
  }

  /**
   * Settings of a gateway.
   *
   * @param otlp where spans go; empty makes none
   * @param proxy how it serves
   */
  static DataPlaneSettings settings(
      String gateway, HostPort admin, Optional<URI> otlp, ProxySettings proxy) {
    return settings(DataPlaneSettings.of(gateway, gateway), admin, otlp, proxy);
  }

  private static DataPlaneSettings settings(
      DataPlaneSettings defaults, HostPort admin, Optional<URI> otlp, ProxySettings proxy) {
    try {
      var settings = defaults.withAdmin(admin);
      if (otlp.isPresent()) {
        settings = settings.withOtlp(otlp.get());
      }
      return proxy.applyTo(settings);
    } catch (IllegalArgumentException wrong) {
      throw new CommandException("--otlp: " + wrong.getMessage(), wrong);
    }
  }

  /** Starts a data plane, which listens on its admin port only until it is configured. */
  static DataPlane start(DataPlaneSettings settings) {
    try {
      var dataPlane = new DataPlane(settings, ConsoleLogging.loggers());
      LOG.info("admin pages on {} (plain text, no authentication)", dataPlane.adminAddress());
      return dataPlane;
    } catch (UncheckedIOException failed) {
      throw new CommandException(String.valueOf(failed.getMessage()), failed);
    }
  }

  /** Puts a snapshot in force, or says why not. */
  static Optional<String> apply(DataPlane dataPlane, Snapshot snapshot) {
    return switch (dataPlane.apply(snapshot)) {
      case ApplyResult.Applied applied -> Optional.empty();
      case ApplyResult.Rejected(var faults) ->
          Optional.of(faults.stream().map(Object::toString).collect(Collectors.joining("; ")));
    };
  }
}
