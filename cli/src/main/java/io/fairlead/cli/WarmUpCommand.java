package io.fairlead.cli;

import io.fairlead.cli.SidecarSettings.AppProtocol;
import io.fairlead.config.Manifests;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.proxy.DataPlane;
import io.fairlead.proxy.DataPlaneSettings;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Mesh;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Node;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Starts every kind of server once and stops it, so that the launcher can keep what was loaded for
 * later starts.
 */
@Command(name = "warm-up", hidden = true, description = "Load what every start needs.")
final class WarmUpCommand implements Callable<Integer> {
  private static final Duration BOUND = Duration.ofMinutes(2);

  @Option(
      names = "--cache",
      paramLabel = "FILE",
      description = "Make a cache with what one command alone needs, instead.")
  private Optional<Path> cache = Optional.empty();

  @Option(names = "--of", paramLabel = "COMMAND", description = "It: ${COMPLETION-CANDIDATES}.")
  private ProxyTraining.Trained of = ProxyTraining.Trained.SIDECAR;

  @Option(names = "--class-path", description = "Of that command.")
  private String classPath = System.getProperty("java.class.path");

  @Option(
      names = "--raise",
      paramLabel = "JAR",
      description = "Raise the classes of these jars to what a cache can hold, instead.")
  private List<Path> raised = List.of();

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (!raised.isEmpty()) {
      for (var jar : raised) {
        ClassFormats.raise(jar);
      }
      return 0;
    }
    endAfterBound();
    var folder = Files.createTempDirectory("fairlead-warm-up");
    try {
      run(folder);
      return 0;
    } finally {
      delete(folder);
    }
  }

  /** A warm-up that hangs must not hold up the build. */
  private static void endAfterBound() {
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                Thread.sleep(BOUND.multipliedBy(2));
                Runtime.getRuntime().halt(1);
              } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private void run(Path folder) throws IOException, InterruptedException {
    var anyPort = new UpSettings.Ports(0, 0, 0, 0, 0);
    var settings =
        new UpSettings(folder, Optional.empty(), "127.0.0.1", anyPort, "cluster.local", BOUND, 100);
    try (var up = UpServer.start(settings)) {
      int api = up.ports().get(0).number();
      int secure = up.ports().get(2).number();
      var workload =
          new SidecarSettings.Workload("warm-up", "warm-up-1", "", api, AppProtocol.HTTP1);
      var sidecar =
          new SidecarSettings(
              workload,
              new SidecarSettings.Ports(
                  SidecarCommand.free(new HostPort("127.0.0.1", 0)),
                  SidecarCommand.free(new HostPort("127.0.0.1", 0)),
                  SidecarCommand.free(new HostPort("127.0.0.1", 0))),
              new SidecarSettings.MeshAccess(
                  URI.create("http://127.0.0.1:" + api),
                  new HostPort("127.0.0.1", secure),
                  folder.resolve("ca").resolve("root.pem"),
                  folder.resolve("join-token"),
                  Optional.of(URI.create("http://127.0.0.1:" + up.ports().get(4).number()))),
              new SidecarSettings.Health("/v1/catalog", Duration.ofMillis(100), 3),
              ProxySettings.defaults(),
              MeshStart.patient(),
              List.of(),
              List.of());
      if (cache.isPresent()) {
        new ProxyTraining(cache.get(), classPath, folder).run(of, sidecar);
        return;
      }
      try (var _ = Sidecar.start(sidecar)) {
        TrainingCalls.mesh(sidecar.ports().outbound(), "warm-up");
      }
      gateway(api);
      for (var extension : ServiceLoader.load(Fairlead.Extension.class)) {
        int port = SidecarCommand.free(new HostPort("127.0.0.1", 0)).port();
        extension.warmUp(port, "http://127.0.0.1:" + up.ports().get(4).number());
      }
    }
  }

  private static void gateway(int api) throws IOException, InterruptedException {
    int port = SidecarCommand.free(new HostPort("127.0.0.1", 0)).port();
    var yaml = TrainingCalls.gatewayYaml(TrainingCalls.listener(port), api);
    var parsed = Manifests.parse("warm-up.yaml", yaml, Manifests.ReferencedFiles.NONE);
    var mesh = Mesh.of(parsed.documents(), CatalogSnapshot.empty(), MeshSettings.defaults());
    try (var dataPlane = new DataPlane(DataPlaneSettings.of("warm-up", "warm-up"))) {
      dataPlane.apply(mesh.snapshot(new Node.Gateway("warm-up", "warm-up")));
      TrainingCalls.gateway(new HostPort("127.0.0.1", port));
      TrainingCalls.admin(dataPlane.adminAddress());
    }
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(
              file -> {
                try {
                  Files.delete(file);
                } catch (IOException failed) {
                  throw new UncheckedIOException(failed);
                }
              });
    }
  }
}
