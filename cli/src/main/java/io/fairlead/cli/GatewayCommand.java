package io.fairlead.cli;

import io.fairlead.config.Manifest;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.proxy.ApplyResult;
import io.fairlead.proxy.DataPlane;
import io.fairlead.proxy.DataPlaneSettings;
import io.fairlead.traffic.Mesh;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Node;
import io.fairlead.traffic.Snapshot;
import io.fairlead.xds.AdsSettings;
import io.fairlead.xds.CertificateClient;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fairlead gateway}: the proxy at the edge, on the mesh or from files alone. */
@Command(
    name = "gateway",
    description = {
      "Run a gateway.",
      "With -f it is configured by files alone and nothing else needs to run; otherwise by the"
          + " control plane."
    },
    mixinStandardHelpOptions = true)
final class GatewayCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(GatewayCommand.class);

  @Spec private @Nullable CommandSpec spec;
  @Mixin private final MeshOptions mesh = new MeshOptions();
  @Mixin private final DataPlaneOptions options = new DataPlaneOptions();

  @Option(
      names = {"-f", "--filename"},
      paramLabel = "FILE",
      description = "YAML file or folder. May stand several times.")
  private List<String> files = List.of();

  @Option(
      names = "--name",
      description = "The Gateway document to serve (default: the only one of the files).")
  private @Nullable String name;

  @Option(
      names = "--sample-percent",
      paramLabel = "PERCENT",
      defaultValue = "100",
      description = "With -f: share of new traces that are recorded (default: ${DEFAULT-VALUE}).")
  private double samplePercent;

  @Override
  public Integer call() throws InterruptedException {
    return files.isEmpty() ? onMesh() : fromFiles();
  }

  private int fromFiles() throws InterruptedException {
    if (!(samplePercent >= 0 && samplePercent <= 100)) {
      throw new CommandException("--sample-percent: must be 0 to 100, was " + samplePercent);
    }
    try (var source = new GatewayFiles(files)) {
      var documents = documents(source.load());
      var gateway = gateway(documents);
      var stop = Shutdown.install();
      try (var dataPlane = DataPlanes.start(settings(gateway))) {
        var first = translated(documents);
        var node = new Node.Gateway(gateway, gateway);
        switch (dataPlane.apply(first.snapshot(node))) {
          case ApplyResult.Applied(var listeners) ->
              listeners.forEach((listener, at) -> LOG.info("{} listens on {}", listener, at));
          case ApplyResult.Rejected(var faults) ->
              throw new CommandException("the configuration cannot be served: " + faults);
        }
        var latest = new AtomicReference<>(first);
        source.follow(
            changed -> {
              var next = latest.get().with(changed, CatalogSnapshot.empty());
              latest.set(next);
              change(dataPlane, next.snapshot(node));
            });
        stop.awaitSignal();
        dataPlane.drain(options.proxy().drain());
        return 0;
      } finally {
        stop.done();
      }
    } catch (IOException unreadable) {
      throw new CommandException("cannot follow the files: " + unreadable.getMessage(), unreadable);
    }
  }

  private Mesh translated(List<Manifest> documents) {
    var settings = new MeshSettings(MeshSettings.defaults().trustDomain(), samplePercent);
    return Mesh.of(documents, CatalogSnapshot.empty(), settings);
  }

  private static void change(DataPlane dataPlane, Snapshot snapshot) {
    if (snapshot.equals(dataPlane.snapshot())) {
      return;
    }
    DataPlanes.apply(dataPlane, snapshot)
        .ifPresentOrElse(
            refusal -> LOG.error("the last good configuration stays in force: {}", refusal),
            () -> LOG.info("the changed configuration is in force"));
  }

  private List<Manifest> documents(GatewayFiles.Loaded loaded) {
    var faults = loaded.faults();
    if (!faults.isEmpty()) {
      faults.forEach(fault -> Output.of(spec).err().println(fault));
      throw new CommandException(faults.size() + " faults in the configuration");
    }
    loaded.warnings().forEach(w -> Output.of(spec).err().println("warning: " + w));
    return loaded.documents();
  }

  private String gateway(List<Manifest> documents) {
    var names =
        documents.stream()
            .filter(Manifest.Gateway.class::isInstance)
            .map(document -> document.metadata().name())
            .toList();
    if (name != null && names.contains(name)) {
      return name;
    }
    if (name == null && names.size() == 1) {
      return names.getFirst();
    }
    throw new CommandException(
        "--name: must be one of the Gateway documents " + names + ", was " + name);
  }

  private int onMesh() throws InterruptedException {
    if (name == null) {
      throw new CommandException("--name or -f is required");
    }
    var stop = Shutdown.install();
    var access = mesh.access();
    var client = new CertificateClient(access.control(), "default", name);
    try (var dataPlane = DataPlanes.start(settings(name))) {
      var start = mesh.start();
      var keeper = start.state().map(StateKeeper::new);
      var feed = new DataPlaneFeed(snapshot -> DataPlanes.apply(dataPlane, snapshot), keeper);
      try (var identity = new MeshIdentity(client, access, Clock.systemUTC(), feed::certificate)) {
        var node = AdsSettings.of(access.control(), name, Map.of("gateway", name));
        try (var connection = start.open(node, identity, feed)) {
          LOG.info("gateway {} is configured", name);
          stop.awaitSignal();
          dataPlane.drain(options.proxy().drain());
          return 0;
        }
      } finally {
        keeper.ifPresent(StateKeeper::close);
      }
    } finally {
      stop.done();
    }
  }

  private DataPlaneSettings settings(String node) {
    return DataPlanes.settings(node, options.admin(), mesh.otlp(), options.proxy())
        .withAccessLogs(options.accessLogs());
  }
}
