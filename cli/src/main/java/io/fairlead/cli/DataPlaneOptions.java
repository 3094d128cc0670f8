package io.fairlead.cli;

import io.fairlead.traffic.AccessLog;
import io.fairlead.traffic.HostPort;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What sidecar and gateway are told alike. Confined to one thread. */
final class DataPlaneOptions {
  @Option(
      names = "--admin",
      paramLabel = "[HOST:]PORT",
      defaultValue = "15000",
      converter = HostPortConverter.class,
      description = "Statistics and status; 0 picks a free port (default: ${DEFAULT-VALUE}).")
  private HostPort admin = new HostPort("127.0.0.1", 15000);

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "Event loops (default: one for each processor).")
  private Optional<Integer> concurrency = Optional.empty();

  @Option(
      names = "--drain",
      defaultValue = "5s",
      converter = DurationConverter.class,
      description = "How long requests may finish at the end (default: ${DEFAULT-VALUE}).")
  private Duration drain = Duration.ofSeconds(5);

  @Mixin private final AccessLogOptions log = new AccessLogOptions();

  /** Logs of all requests and connections. */
  List<AccessLog> accessLogs() {
    return log.logs();
  }

  HostPort admin() {
    return admin;
  }

  /** Event loops; empty for one per processor. */
  Optional<Integer> concurrency() {
    return concurrency;
  }

  Duration drain() {
    return drain;
  }
}
