package io.fairlead.cli;

import io.fairlead.xds.CertificateClient;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Runs one kind of proxy in a process of its own, with the flags of this one and the class path of
 * proxies, so that it makes its start-up cache when it ends. One thread.
 */
final class ProxyTraining {
  private final Path cache;
  private final String classPath;
  private final Path folder;

  /** What is run. */
  enum Trained {
    SIDECAR,
    GATEWAY
  }

  /**
   * Training that has not begun.
   *
   * @param cache the file to make
   * @param folder with the state of the mesh, and for more
   */
  ProxyTraining(Path cache, String classPath, Path folder) {
    this.cache = cache;
    this.classPath = classPath;
    this.folder = folder;
  }

  /**
   * Blocks until the cache is made.
   *
   * @param settings of the sidecar; a gateway takes its ports and its mesh
   */
  void run(Trained trained, SidecarSettings settings) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> !flag.startsWith("-XX:AOT"))
        .forEach(command::add);
    command.addAll(List.of("-XX:AOTCacheOutput=" + cache, "-cp", classPath));
    command.addAll(List.of(Fairlead.class.getName(), trained.name().toLowerCase(Locale.ROOT)));
    command.addAll(List.of("--admin", settings.ports().admin().toString()));
    command.addAll(
        switch (trained) {
          case SIDECAR -> sidecar(settings);
          case GATEWAY -> gateway(settings);
        });
    var process = new ProcessBuilder(command).inheritIO().start();
    try {
      switch (trained) {
        case SIDECAR -> {
          var service = settings.workload().service();
          TrainingCalls.mesh(settings.ports().outbound(), service);
          TrainingCalls.meshChanges(
              settings.mesh().registry(), settings.ports().outbound(), service);
        }
        case GATEWAY -> {
          TrainingCalls.gateway(settings.ports().outbound());
          TrainingCalls.gatewayChanges(gatewayFile(), settings.ports().outbound());
        }
      }
      TrainingCalls.admin(settings.ports().admin());
      if (!process.isAlive()) {
        throw new CommandException(trained + ": ended by itself, so nothing is kept of it");
      }
    } finally {
      process.destroy();
      if (!process.waitFor(TrainingCalls.BOUND.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
  }

  private List<String> sidecar(SidecarSettings settings) {
    var words = new ArrayList<String>();
    var mesh = settings.mesh();
    words.addAll(List.of("--service", settings.workload().service()));
    words.addAll(List.of("--app-port", String.valueOf(settings.workload().port())));
    words.addAll(List.of("--health-path", settings.health().path()));
    words.addAll(List.of("--health-period", "100ms", "--data", folder.toString()));
    words.addAll(List.of("--inbound", settings.ports().inbound().toString()));
    words.addAll(List.of("--outbound", settings.ports().outbound().toString()));
    words.addAll(List.of("--registry", mesh.registry().toString()));
    words.addAll(List.of("--control", mesh.control().toString()));
    mesh.otlp().ifPresent(spans -> words.addAll(List.of("--otlp", spans.toString())));
    return words;
  }

  /** From files, with a listener in clear text and one within TLS. */
  private List<String> gateway(SidecarSettings settings) throws IOException, InterruptedException {
    var mesh = settings.mesh();
    var client = new CertificateClient(mesh.control(), "default", "warm-up");
    var token = Files.readString(mesh.token()).strip();
    var own = client.join(Files.readString(mesh.roots()), token).certificate();
    var secure =
        ", { name: secure, port: %d, protocol: HTTPS, tls: { certificateRefs: [{ name: own }] } }"
            .formatted(settings.ports().inbound().port());
    var listeners = TrainingCalls.listener(settings.ports().outbound().port()) + secure;
    var secret =
        """
        ---
        apiVersion: v1
        kind: Secret
        metadata: { name: own }
        type: kubernetes.io/tls
        data: { tls.crt: %s, tls.key: %s }
        """
            .formatted(base64(own.chainPem()), base64(own.keyPem()));
    var yaml = TrainingCalls.gatewayYaml(listeners, mesh.registry().getPort()) + secret;
    var file = Files.writeString(gatewayFile(), yaml);
    return List.of("-f", file.toString(), "--otlp", mesh.otlp().orElseThrow().toString());
  }

  private Path gatewayFile() {
    return folder.resolve("gateway.yaml");
  }

  private static String base64(String pem) {
    return Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII));
  }
}
