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
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Starts every kind of server once and stops it, so that the launcher can keep what was loaded for
 * later starts.
 */
@Command(name = "warm-up", hidden = true, description = "Load what every start needs.")
final class WarmUpCommand implements Callable<Integer> {
  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final int REQUESTS = 200;

  @Option(
      names = "--sidecar-cache",
      paramLabel = "FILE",
      description = "Make a cache with what a sidecar alone needs, instead.")
  private Optional<Path> sidecarCache = Optional.empty();

  @Option(names = "--sidecar-path", description = "The class path of sidecars.")
  private String sidecarPath = System.getProperty("java.class.path");

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
      if (sidecarCache.isPresent()) {
        trainSidecar(sidecarCache.get(), folder, sidecar);
        return;
      }
      try (var _ = Sidecar.start(sidecar)) {
        requests(sidecar.ports().outbound());
      }
      gateway(api);
      for (var extension : ServiceLoader.load(Fairlead.Extension.class)) {
        int port = SidecarCommand.free(new HostPort("127.0.0.1", 0)).port();
        extension.warmUp(port, "http://127.0.0.1:" + up.ports().get(4).number());
      }
    }
  }

  /** A sidecar in a process of its own, which makes the cache when it ends. */
  private void trainSidecar(Path cache, Path data, SidecarSettings settings)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> !flag.startsWith("-XX:AOT"))
        .forEach(command::add);
    command.add("-XX:AOTCacheOutput=" + cache);
    command.addAll(List.of("-cp", sidecarPath, Fairlead.class.getName()));
    var ports = settings.ports();
    var mesh = settings.mesh();
    command.add("sidecar");
    command.addAll(List.of("--service", settings.workload().service()));
    command.addAll(List.of("--app-port", String.valueOf(settings.workload().port())));
    command.addAll(List.of("--health-path", settings.health().path()));
    command.addAll(List.of("--health-period", "100ms", "--data", data.toString()));
    command.addAll(List.of("--inbound", String.valueOf(ports.inbound().port())));
    command.addAll(List.of("--outbound", String.valueOf(ports.outbound().port())));
    command.addAll(List.of("--admin", String.valueOf(ports.admin().port())));
    command.addAll(List.of("--registry", mesh.registry().toString()));
    command.addAll(List.of("--control", mesh.control().toString()));
    mesh.otlp().ifPresent(spans -> command.addAll(List.of("--otlp", spans.toString())));
    Process sidecar = new ProcessBuilder(command).inheritIO().start();
    try (var http = HttpClient.newHttpClient()) {
      requests(ports.outbound());
      admin(http, ports.admin());
    } finally {
      sidecar.destroy();
      if (!sidecar.waitFor(BOUND.toSeconds(), TimeUnit.SECONDS)) {
        sidecar.destroyForcibly();
      }
    }
  }

  /** Calls through the sidecar: once there and back over mutual TLS. */
  private static void requests(HostPort outbound) throws InterruptedException {
    var selector =
        java.net.ProxySelector.of(new java.net.InetSocketAddress(outbound.host(), outbound.port()));
    try (var http = HttpClient.newBuilder().proxy(selector).build()) {
      var request = HttpRequest.newBuilder(URI.create("http://warm-up/v1/catalog")).build();
      repeat(http, request);
    }
  }

  /** The first ones may come before there is a route: what counts is those that are answered. */
  private static void repeat(HttpClient http, HttpRequest request) throws InterruptedException {
    long end = System.nanoTime() + BOUND.toNanos();
    int answered = 0;
    while (answered < REQUESTS && System.nanoTime() < end) {
      answered += isAnswered(http, request) ? 1 : 0;
    }
  }

  private static boolean isAnswered(HttpClient http, HttpRequest request)
      throws InterruptedException {
    boolean answered;
    try {
      answered = http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException notReadyYet) {
      answered = false;
    }
    if (!answered) {
      Thread.sleep(10);
    }
    return answered;
  }

  /** What an operator or a monitoring system asks for. */
  private static void admin(HttpClient http, HostPort address) throws InterruptedException {
    for (var path : List.of("/ready", "/stats/prometheus")) {
      isAnswered(http, HttpRequest.newBuilder(URI.create("http://" + address + path)).build());
    }
  }

  private static void gateway(int api) throws IOException, InterruptedException {
    int port = SidecarCommand.free(new HostPort("127.0.0.1", 0)).port();
    var yaml =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: { name: warm-up }
        spec: { listeners: [{ name: web, port: %d }] }
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: { name: api }
        spec: { hosts: [api], endpoints: [{ address: 127.0.0.1, ports: { http: %d } }] }
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: { name: all }
        spec: { parentRefs: [{ name: warm-up }], rules: [{ backendRefs: [{ name: api }] }] }
        """
            .formatted(port, api);
    var parsed = Manifests.parse("warm-up.yaml", yaml, Manifests.ReferencedFiles.NONE);
    var mesh = Mesh.of(parsed.documents(), CatalogSnapshot.empty(), MeshSettings.defaults());
    try (var dataPlane = new DataPlane(DataPlaneSettings.of("warm-up", "warm-up"));
        var http = HttpClient.newHttpClient()) {
      dataPlane.apply(mesh.snapshot(new Node.Gateway("warm-up", "warm-up")));
      var uri = URI.create("http://127.0.0.1:" + port + "/v1/catalog");
      repeat(http, HttpRequest.newBuilder(uri).build());
      admin(http, dataPlane.adminAddress());
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
