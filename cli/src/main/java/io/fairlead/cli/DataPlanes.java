package io.fairlead.cli;

import io.fairlead.proxy.ApplyResult;
import io.fairlead.proxy.DataPlane;
import io.fairlead.proxy.DataPlaneSettings;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Snapshot;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How commands set up the data plane. Stateless. */
final class DataPlanes {
  private DataPlanes() {}

  static DataPlaneSettings settings(SidecarSettings settings) {
    var workload = settings.workload();
    return DataPlaneSettings.of(workload.instance(), workload.service());
  }

  static DataPlaneSettings settings(String node, HostPort admin, @Nullable Integer concurrency) {
    return DataPlaneSettings.of(node, node);
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
