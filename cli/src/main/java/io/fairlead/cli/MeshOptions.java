package io.fairlead.cli;

import io.fairlead.traffic.HostPort;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where data planes find the servers of the mesh. Confined to one thread. */
final class MeshOptions {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = ".fairlead",
      description = "Data folder of 'fairlead up', for token and root (default: ${DEFAULT-VALUE}).")
  private Path data = Path.of(".fairlead");

  @Option(
      names = "--join-token-file",
      paramLabel = "FILE",
      description = "Join token (default: join-token in --data).")
  private Optional<Path> token = Optional.empty();

  @Option(
      names = "--root-file",
      paramLabel = "FILE",
      description = "Root certificate of the mesh (default: ca/root.pem in --data).")
  private Optional<Path> roots = Optional.empty();

  @Option(
      names = "--registry",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8080",
      description = "The registry (default: ${DEFAULT-VALUE}).")
  private URI registry = URI.create("http://127.0.0.1:8080");

  @Option(
      names = "--control",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:15012",
      converter = HostPortConverter.class,
      description = "The control plane (default: ${DEFAULT-VALUE}).")
  private HostPort control = new HostPort("127.0.0.1", 15012);

  @Option(
      names = "--otlp",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:4318",
      description =
          "Where spans go, OTLP over HTTP; 'none' sends none (default: ${DEFAULT-VALUE}).")
  private String otlp = "none";

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description =
          "Keep the last configuration, its private keys and the certificate with its key in this"
              + " folder, of this proxy alone, and start from them when the control plane does not"
              + " answer.")
  private Optional<Path> state = Optional.empty();

  @Option(
      names = "--state-after",
      defaultValue = "5s",
      converter = DurationConverter.class,
      description =
          "How long the control plane may take at the start before what was kept is used; with 0s"
              + " it is used at once and the control plane followed as soon as it answers, the"
              + " fastest restart (default: ${DEFAULT-VALUE}).")
  private Duration stateAfter = Duration.ofSeconds(5);

  @Option(
      names = "--start-timeout",
      converter = DurationConverter.class,
      description =
          "Give up when there is no configuration after so long (default: wait for the control"
              + " plane for as long as it takes).")
  private Optional<Duration> startTimeout = Optional.empty();

  /** How the first configuration is come by. */
  MeshStart start() {
    return new MeshStart(state.map(StateFolder::new), stateAfter, startTimeout);
  }

  SidecarSettings.MeshAccess access() {
    return new SidecarSettings.MeshAccess(
        registry,
        control,
        roots.orElse(data.resolve("ca").resolve("root.pem")),
        token.orElse(data.resolve("join-token")),
        otlp());
  }

  /** Where spans go; empty if they go nowhere. */
  Optional<URI> otlp() {
    return otlp.equals("none") ? Optional.empty() : Optional.of(URI.create(otlp));
  }
}
