package io.fairlead.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fairlead up}: the servers of the mesh in one process. */
@Command(
    name = "up",
    description = "Run registry, control plane and trace backend in one process.",
    mixinStandardHelpOptions = true)
final class UpCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = ".fairlead",
      description = "Folder of the state (default: ${DEFAULT-VALUE}).")
  private Path data = Path.of(".fairlead");

  @Option(
      names = "--config",
      paramLabel = "DIR",
      description = "Folder of YAML files to keep in force.")
  private @Nullable Path config;

  @Option(
      names = "--address",
      defaultValue = "127.0.0.1",
      description = "Address to listen on (default: ${DEFAULT-VALUE}).")
  private String address = "127.0.0.1";

  @Option(names = "--http-port", defaultValue = "8080", description = PORT)
  private int httpPort;

  @Option(names = "--xds-port", defaultValue = "15010", description = PORT)
  private int xdsPort;

  @Option(names = "--secure-xds-port", defaultValue = "15012", description = PORT)
  private int secureXdsPort;

  @Option(names = "--otlp-grpc-port", defaultValue = "4317", description = PORT)
  private int otlpGrpcPort;

  @Option(names = "--otlp-http-port", defaultValue = "4318", description = PORT)
  private int otlpHttpPort;

  @Option(
      names = "--trust-domain",
      defaultValue = "cluster.local",
      description = "SPIFFE trust domain (default: ${DEFAULT-VALUE}).")
  private String trustDomain = "cluster.local";

  @Option(
      names = "--certificate-lifetime",
      paramLabel = "DURATION",
      defaultValue = "24h",
      converter = DurationConverter.class,
      description = "Lifetime of workload certificates (default: ${DEFAULT-VALUE}).")
  private Duration certificateLifetime = Duration.ofHours(24);

  @Option(
      names = "--sample-percent",
      defaultValue = "100",
      description = "Share of new traces that are recorded (default: ${DEFAULT-VALUE}).")
  private double samplePercent;

  @Option(
      names = "--rate-limit-redis",
      paramLabel = "URI",
      description = {
        "Redis server in which rate limits count, redis://host:port or rediss://; without one they",
        "count in memory. FAIRLEAD_RATE_LIMIT_REDIS says the same where others must not read it."
      })
  private @Nullable URI redis;

  private static final String PORT = "Port, 0 for a free one (default: ${DEFAULT-VALUE}).";

  @Override
  public Integer call() throws InterruptedException {
    var ports = new UpSettings.Ports(httpPort, xdsPort, secureXdsPort, otlpGrpcPort, otlpHttpPort);
    var settings =
        new UpSettings(
            data,
            Optional.ofNullable(config),
            address,
            ports,
            trustDomain,
            certificateLifetime,
            samplePercent,
            counters());
    var out = Output.of(spec);
    var stop = Shutdown.install();
    try (var server = UpServer.start(settings)) {
      out.table(
          List.of("PORT", "PROTOCOL", "EXPOSES", "TO WHOM"),
          server.ports().stream()
              .map(
                  port ->
                      List.of(
                          Integer.toString(port.number()),
                          port.protocol(),
                          port.exposes(),
                          reach() + ", " + port.access()))
              .toList());
      out.out().println("ready; state in " + data.toAbsolutePath() + "; Ctrl-C drains and stops");
      out.out().flush();
      stop.awaitSignal();
      return 0;
    } catch (IOException | IllegalArgumentException failed) {
      throw new CommandException(String.valueOf(failed.getMessage()), failed);
    } finally {
      stop.done();
    }
  }

  private Optional<URI> counters() {
    var variable = System.getenv("FAIRLEAD_RATE_LIMIT_REDIS");
    if (redis != null || variable == null || variable.isBlank()) {
      return Optional.ofNullable(redis);
    }
    try {
      return Optional.of(new URI(variable));
    } catch (URISyntaxException broken) {
      // The cause would tell the password.
      throw new CommandException("FAIRLEAD_RATE_LIMIT_REDIS: must be a URI");
    }
  }

  private String reach() {
    try {
      return InetAddress.getByName(address).isLoopbackAddress() ? "this host" : "the network";
    } catch (UnknownHostException unknown) {
      return "the network";
    }
  }
}
