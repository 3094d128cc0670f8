package io.fairlead.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fairlead.testkit.ChildJvm;
import io.fairlead.traffic.HostPort;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators see of a gateway in a process of its own. */
class TapIT {
  private static final Duration BOUND = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final HttpServer bank;
  private final HostPort gateway;
  private final HostPort admin;
  private final HttpClient http = HttpClient.newHttpClient();

  TapIT() throws IOException {
    bank = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    gateway = SidecarCommand.free(new HostPort("127.0.0.1", 0));
    admin = SidecarCommand.free(new HostPort("127.0.0.1", 0));
  }

  /** What a command printed and its exit code. */
  private record Result(int code, String out, String err) {}

  @BeforeEach
  void start() {
    bank.createContext(
        "/",
        exchange -> {
          byte[] body = "paid".getBytes(UTF_8);
          exchange.getResponseHeaders().add("x-bank", "b\"1");
          exchange.sendResponseHeaders(201, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    bank.start();
  }

  @AfterEach
  void stop() {
    bank.stop(0);
    http.close();
  }

  private static Result run(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Fairlead.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments);
    return new Result(code, out.toString(), err.toString());
  }

  private String gatewayFile() throws IOException {
    return Files.writeString(
            folder.resolve("gateway.yaml"),
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: { name: edge }
            spec:
              listeners: [{ name: http, port: %d, protocol: HTTP }]
            ---
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: { name: bank }
            spec:
              hosts: [bank.example]
              ports: [{ number: 80, name: http, protocol: HTTP }]
              endpoints: [{ address: 127.0.0.1, ports: { http: %d } }]
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: { name: pay }
            spec:
              parentRefs: [{ kind: Gateway, name: edge }]
              rules:
                - matches: [{ path: { type: PathPrefix, value: /pay } }]
                  backendRefs: [{ name: bank }]
            """
                .formatted(gateway.port(), bank.getAddress().getPort()))
        .toString();
  }

  private ChildJvm startGateway(String logFormat) throws IOException {
    return ChildJvm.start(
        Fairlead.class,
        List.of(
            "gateway",
            "-f",
            gatewayFile(),
            "--admin",
            admin.toString(),
            "--access-log",
            "-",
            "--access-log-format",
            logFormat));
  }

  private HttpResponse<String> send(String method, HostPort to, String path)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create("http://" + to + path))
            .header("authorization", "Bearer geheim")
            .method(method, HttpRequest.BodyPublishers.noBody())
            .timeout(Duration.ofSeconds(5))
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private void awaitReady() {
    Awaitility.await()
        .atMost(BOUND)
        .ignoreExceptions()
        .until(() -> send("GET", admin, "/ready").statusCode() == 200);
  }

  /** Sends requests until the tap has seen what it wants. */
  private Result tapped(String... arguments) throws Exception {
    var tap = CompletableFuture.supplyAsync(() -> run(arguments));
    Awaitility.await()
        .atMost(BOUND)
        .until(
            () -> {
              send("GET", gateway, "/pay/1?token=geheim");
              send("GET", gateway, "/nowhere");
              return tap.isDone();
            });
    return tap.get(1, TimeUnit.SECONDS);
  }

  @Test
  void requestsOfAGatewayAreShownAndLogged() throws Exception {
    try (var process = startGateway("LOGGED %REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS%")) {
      awaitReady();
      var shown = tapped("tap", "--admin", admin.toString(), "--path", "/pay", "-n", "2");
      assertThat(shown.code()).as(shown.err()).isZero();
      assertThat(shown.out())
          .contains(
              "gateway|edge|" + gateway.port() + "  GET /pay/1?token=(masked) HTTP/1.1",
              "  > authorization: (masked)",
              "  < 201  flags -  via_upstream",
              "  < x-bank: b\"1",
              " ms, 1 tries, route pay",
              "service bank, endpoint",
              "0 in, 4 out")
          .doesNotContain("geheim", "/nowhere");
      var refused =
          tapped("tap", "--admin", admin.toString(), "--status", "404", "--json", "--show-secrets");
      assertThat(refused.out())
          .startsWith("{")
          .contains("\"reason\":\"no-route\"", "\"flags\":\"NR\"", "Bearer geheim");
      assertThat(process.awaitLine("LOGGED /pay/1?token=", BOUND)).isEqualTo("geheim 201 -");
      assertThat(process.awaitLine("LOGGED /nowhere ", BOUND)).isEqualTo("404 NR");
      assertThat(send("POST", admin, "/logging?io.fairlead=debug").body())
          .contains("io.fairlead.proxy.admin.AdminConnection: debug");
      assertThat(send("GET", admin, "/logging?io.fairlead=debug").statusCode()).isEqualTo(400);
    }
  }

  @Test
  void whatCannotBeIsSaidSo() throws IOException {
    var absent = run("tap", "--admin", admin.toString());
    assertThat(absent.code()).isEqualTo(1);
    assertThat(absent.err()).contains("cannot reach the admin port " + admin);
    var file = gatewayFile();
    var format = run("gateway", "-f", file, "--access-log", "-", "--access-log-format", "%PAHT%");
    assertThat(format.code()).isEqualTo(1);
    assertThat(format.err()).contains("--access-log-format: %PAHT% is no command");
    var nowhere = run("gateway", "-f", file, "--access-log", folder + "/no/where");
    assertThat(nowhere.code()).isEqualTo(1);
    assertThat(nowhere.err()).contains("--access-log: cannot write " + folder + "/no/where");
    assertThat(run("tap", "--help").out()).contains("--show-secrets", "Exit codes");
    assertThat(run("gateway", "--help").out())
        .contains("--access-log=FILE|-", "REQ(:PATH)% %RESPONSE_CODE%");
  }
}
