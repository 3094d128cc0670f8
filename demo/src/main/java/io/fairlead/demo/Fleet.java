package io.fairlead.demo;

import io.fairlead.demo.FleetPorts.Member;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All processes of the demo: the servers of the mesh, the gateway, and each service under its own
 * sidecar. Used by one thread, but for {@link #close}.
 */
final class Fleet implements AutoCloseable {
  /** The key that the demo's traffic presents at the gateway; only its hash is configured. */
  static final String API_KEY = "demo-key";

  static final String UP = "up";
  static final String EDGE = "edge";

  private static final String CLI = "io.fairlead.cli.Fairlead";
  private static final String SHOP = "io.fairlead.demo.shop.ShopMain";
  private static final List<String> DOCUMENTS =
      List.of("services", "gateway", "order", "bank", "shipping", "access");
  private static final String CERTIFICATE_LIFETIME = "90s";
  private static final Duration GRACE = Duration.ofSeconds(8);

  private final Path home;
  private final FleetPorts ports;
  private final Map<String, ChildProcess> running = new LinkedHashMap<>();

  /**
   * A fleet that has not started.
   *
   * @param home holds configuration, state and logs
   */
  Fleet(Path home, FleetPorts ports) {
    this.home = home;
    this.ports = ports;
  }

  FleetPorts ports() {
    return ports;
  }

  Path home() {
    return home;
  }

  /** Writes the configuration, which the user may edit from then on. */
  void writeConfiguration() throws IOException {
    Files.createDirectories(config());
    Files.createDirectories(home.resolve("log"));
    Files.writeString(config().resolve("keys.txt"), "demo:" + sha256(API_KEY) + "\n");
    for (var name : DOCUMENTS) {
      try (var in = Fleet.class.getResourceAsStream("/mesh/" + name + ".yaml")) {
        if (in == null) {
          throw new IOException("mesh/" + name + ".yaml is missing in the jar");
        }
        var text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        replace(
            config().resolve(name + ".yaml"),
            text.replace("${GATEWAY_PORT}", Integer.toString(ports.gateway())));
      }
    }
  }

  /** The watched folder. */
  Path config() {
    return home.resolve("mesh");
  }

  /** Replaces a file in one step, so that nobody reads half of it. */
  static void replace(Path file, String text) throws IOException {
    var draft = file.resolveSibling("." + file.getFileName() + ".new");
    Files.writeString(draft, text);
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Sets the share of shipping-v2 in percent, by editing the YAML file as a user would. */
  void canary(int percent) throws IOException {
    var file = config().resolve("shipping.yaml");
    var text =
        Files.readString(file)
            .replaceAll("(shipping-v1, weight: )\\d+", "$1" + (100 - percent))
            .replaceAll("(shipping-v2, weight: )\\d+", "$1" + percent);
    replace(file, text);
  }

  /** Starts registry, control plane and trace backend. */
  void startUp() throws IOException {
    start(
        UP,
        256,
        List.of(
            CLI,
            "up",
            "--data",
            data(),
            "--config",
            config().toString(),
            "--http-port",
            Integer.toString(ports.api()),
            "--xds-port",
            Integer.toString(ports.xds()),
            "--secure-xds-port",
            Integer.toString(ports.secureXds()),
            "--otlp-grpc-port",
            Integer.toString(ports.otlpGrpc()),
            "--otlp-http-port",
            Integer.toString(ports.otlpHttp()),
            "--certificate-lifetime",
            CERTIFICATE_LIFETIME));
  }

  void startGateway() throws IOException {
    var arguments = new ArrayList<>(List.of(CLI, "gateway", "--name", EDGE));
    arguments.addAll(List.of("--admin", Integer.toString(ports.gatewayAdmin())));
    arguments.addAll(meshArguments());
    start(EDGE, 64, arguments);
  }

  /** Starts one service with its sidecar. */
  void startMember(Member member) throws IOException {
    var instance = member.instance();
    var arguments = new ArrayList<>(List.of(CLI, "sidecar", "--service", member.service()));
    arguments.addAll(
        List.of(
            "--instance", instance,
            "--app-version", member.version(),
            "--app-port", Integer.toString(ports.application(instance)),
            "--inbound", Integer.toString(ports.inbound(instance)),
            "--outbound", Integer.toString(ports.outbound(instance)),
            "--admin", Integer.toString(ports.admin(instance)),
            "--drain", "2s"));
    arguments.addAll(meshArguments());
    arguments.add("--");
    arguments.addAll(ChildProcess.javaCommand(64));
    arguments.addAll(List.of(SHOP, member.service()));
    start(instance, 64, arguments);
  }

  void startMember(String instance) throws IOException {
    for (var member : FleetPorts.MEMBERS) {
      if (member.instance().equals(instance)) {
        startMember(member);
        return;
      }
    }
    throw new IllegalArgumentException("instance: there is no '" + instance + "'");
  }

  private List<String> meshArguments() {
    return List.of(
        "--data", data(),
        "--registry", "http://127.0.0.1:" + ports.api(),
        "--control", "127.0.0.1:" + ports.secureXds(),
        "--otlp", "http://127.0.0.1:" + ports.otlpHttp());
  }

  private String data() {
    return home.resolve("state").toString();
  }

  private void start(String name, int heapMegabytes, List<String> arguments) throws IOException {
    var environment =
        Map.of(
            "PAYMENT_QUEUE",
            home.resolve("payment-queue.db").toString(),
            "SHIPPING_VERSION",
            name.equals("shipping-2") ? "v2" : "v1");
    var log = home.resolve("log").resolve(name + ".log");
    var process = ChildProcess.java(heapMegabytes, arguments, log, environment);
    synchronized (running) {
      running.put(name, process);
    }
  }

  /** A running process by its name: {@code up}, {@code edge} or an instance. */
  ChildProcess process(String name) {
    synchronized (running) {
      var process = running.get(name);
      if (process == null) {
        throw new IllegalArgumentException("process: '" + name + "' was not started");
      }
      return process;
    }
  }

  /** As kill -9, of the sidecar with its application. */
  void kill(String name) throws InterruptedException {
    process(name).kill();
  }

  /** Names of the processes that ended without being asked to. */
  List<String> dead() {
    synchronized (running) {
      return running.entrySet().stream()
          .filter(entry -> !entry.getValue().isAlive())
          .map(Map.Entry::getKey)
          .toList();
    }
  }

  private static String sha256(String text) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }

  /** Stops all at once, the servers of the mesh last. */
  @Override
  public void close() {
    List<Map.Entry<String, ChildProcess>> all;
    synchronized (running) {
      all = new ArrayList<>(running.entrySet());
      running.clear();
    }
    var threads =
        all.stream()
            .filter(entry -> !entry.getKey().equals(UP))
            .map(entry -> Thread.ofVirtual().start(() -> stop(entry.getValue())))
            .toList();
    try {
      for (var thread : threads) {
        thread.join();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    all.stream().filter(e -> e.getKey().equals(UP)).forEach(e -> stop(e.getValue()));
  }

  private static void stop(ChildProcess process) {
    try {
      process.stop(GRACE);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
