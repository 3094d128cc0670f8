package io.fairlead.cli;

import io.fairlead.proxy.loop.PortSharing;
import io.fairlead.traffic.AccessLog;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Locality;
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

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      description =
          "Connections of clients at a time; further ones get 503 and retry-after (default: half of"
              + " the file descriptors).")
  private Optional<Integer> maxConnections = Optional.empty();

  @Option(
      names = "--max-buffer-bytes",
      paramLabel = "BYTES",
      description =
          "Octets in buffers at a time. Near it requests get 503 and retry-after, the least"
              + " important first (default: three quarters of the direct memory).")
  private Optional<Long> maxBufferBytes = Optional.empty();

  @Option(
      names = "--reuse-port",
      description =
          "Let a second process of the same user listen on the same ports (SO_REUSEPORT), so that"
              + " it can take over: start it, wait until it serves, end the first with SIGTERM.")
  private boolean reusePort;

  @Option(
      names = "--zone",
      paramLabel = "REGION[/ZONE[/SUBZONE]]",
      defaultValue = "",
      description = "Where this runs, for rules that prefer what is near.")
  private String zone = "";

  private Locality locality() {
    try {
      return Locality.of(zone);
    } catch (IllegalArgumentException wrong) {
      throw new CommandException("--zone: " + wrong.getMessage(), wrong);
    }
  }

  @Mixin private final AccessLogOptions log = new AccessLogOptions();

  /** Logs of all requests and connections. */
  List<AccessLog> accessLogs() {
    return log.logs();
  }

  HostPort admin() {
    return admin;
  }

  ProxySettings proxy() {
    return new ProxySettings(
        concurrency,
        maxConnections,
        maxBufferBytes,
        reusePort ? PortSharing.SHARED : PortSharing.EXCLUSIVE,
        drain,
        locality());
  }
}
