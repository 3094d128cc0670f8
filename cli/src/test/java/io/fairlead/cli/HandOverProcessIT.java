package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.fairlead.traffic.HostPort;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Gateways in processes of their own: one takes over from another, or runs out of descriptors. */
class HandOverProcessIT {
  private static final int RESTARTS = 3;

  @TempDir Path folder;
  private final List<Process> processes = new ArrayList<>();
  private final HttpServer service = server();
  private int port;

  private static HttpServer server() {
    try {
      var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      var server = HttpServer.create(address, 1_000);
      server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      server.createContext(
          "/",
          exchange -> {
            var body = "served".getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
          });
      return server;
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }

  @BeforeEach
  void configure() throws IOException {
    service.start();
    port = SidecarCommand.free(new HostPort("127.0.0.1", 0)).port();
    Files.writeString(
        folder.resolve("gateway.yaml"),
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: { name: edge }
        spec:
          gatewayClassName: fairlead
          listeners: [{ name: http, port: %d, protocol: HTTP }]
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: { name: all }
        spec:
          parentRefs: [{ name: edge }]
          rules: [{ backendRefs: [{ name: bank, port: 80 }] }]
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: { name: bank }
        spec:
          hosts: [bank]
          ports: [{ number: 80, name: http, protocol: HTTP }]
          resolution: STATIC
          endpoints: [{ address: 127.0.0.1, ports: { http: %d } }]
        """
            .formatted(port, service.getAddress().getPort()));
  }

  @AfterEach
  void stop() {
    service.stop(0);
    processes.forEach(Process::destroyForcibly);
  }

  private static String classPath() {
    var surefire = System.getProperty("surefire.test.class.path");
    var own = System.getProperty("java.class.path", "");
    return surefire == null ? own : surefire + File.pathSeparator + own;
  }

  /** Starts a gateway and waits until it listens. */
  private Process gateway(String before, String... flags) throws IOException {
    var log = Files.createTempFile(folder, "gateway", ".log");
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                Fairlead.class.getName(),
                "gateway",
                "-f",
                folder.resolve("gateway.yaml").toString(),
                "--admin",
                "0",
                "--otlp",
                "none",
                "--concurrency",
                "2"));
    command.addAll(List.of(flags));
    var shell = new ArrayList<>(List.of("sh", "-c", before + "exec \"$@\"", "sh"));
    shell.addAll(command);
    var process =
        new ProcessBuilder(shell).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    processes.add(process);
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> Files.readString(log).contains("listens on") || !process.isAlive());
    assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
    return process;
  }

  private void call(HttpClient http, AtomicInteger served, Queue<String> failures) {
    try {
      var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/")).build();
      var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() == 200) {
        served.incrementAndGet();
      } else {
        failures.add(answer.statusCode() + " " + answer.body());
      }
    } catch (IOException broken) {
      failures.add(broken.toString());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static HttpClient client() {
    return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  @Test
  void aRestartUnderLoadFailsNoRequest() throws Exception {
    var present = gateway("", "--reuse-port");
    var over = new AtomicBoolean();
    var served = new AtomicInteger();
    Queue<String> failures = new ConcurrentLinkedQueue<>();
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < 3; i++) {
      threads.add(
          Thread.startVirtualThread(
              () -> {
                try (var http = client()) {
                  while (!over.get()) {
                    call(http, served, failures);
                  }
                }
              }));
      threads.add(
          Thread.startVirtualThread(
              () -> {
                while (!over.get()) {
                  try (var fresh = client()) {
                    call(fresh, served, failures);
                  }
                }
              }));
    }
    for (int i = 0; i < RESTARTS; i++) {
      var successor = gateway("", "--reuse-port");
      present.destroy();
      assertThat(present.waitFor(20, TimeUnit.SECONDS)).isTrue();
      present = successor;
      int before = served.get();
      await().atMost(Duration.ofSeconds(20)).until(() -> served.get() > before + 50);
    }
    over.set(true);
    for (var thread : threads) {
      thread.join();
    }
    assertThat(failures).isEmpty();
  }

  @Test
  void aGatewayWithoutFileDescriptorsServesAgainOnceThereAreSome() throws Exception {
    gateway("ulimit -n 160; ", "--max-connections", "1000");
    var sockets = new ArrayList<Socket>();
    try {
      for (int i = 0; i < 300; i++) {
        sockets.add(new Socket(InetAddress.getLoopbackAddress(), port));
      }
    } finally {
      for (var socket : sockets) {
        socket.close();
      }
    }
    var served = new AtomicInteger();
    Queue<String> failures = new ConcurrentLinkedQueue<>();
    try (var http = client()) {
      await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> {
                call(http, served, failures);
                return served.get() > 0;
              });
    }
  }
}
