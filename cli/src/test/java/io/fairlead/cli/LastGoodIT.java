package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.fairlead.cli.SidecarSettings.AppProtocol;
import io.fairlead.testkit.FreePorts;
import io.fairlead.traffic.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sidecar starts without its control plane from what it kept, and follows it once it is back. */
class LastGoodIT {
  private static final HostPort ANY = new HostPort("127.0.0.1", 0);

  @TempDir Path folder;
  private UpSettings.Ports upPorts = new UpSettings.Ports(0, 0, 0, 0, 0);
  private SidecarSettings.Ports ports = new SidecarSettings.Ports(ANY, ANY, ANY);
  private HttpServer service = noServer();

  private static HttpServer noServer() {
    try {
      return HttpServer.create();
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @BeforeEach
  void start() throws IOException {
    var free = FreePorts.of(8);
    upPorts = new UpSettings.Ports(free.next(), free.next(), free.next(), free.next(), free.next());
    ports =
        new SidecarSettings.Ports(
            new HostPort("127.0.0.1", free.next()),
            new HostPort("127.0.0.1", free.next()),
            new HostPort("127.0.0.1", free.next()));
    service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
    service.createContext(
        "/",
        exchange -> {
          var body = "served".getBytes(StandardCharsets.US_ASCII);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    service.start();
  }

  @AfterEach
  void stop() {
    service.stop(0);
  }

  private UpServer up() throws IOException {
    return UpServer.start(
        new UpSettings(
            folder.resolve("data"),
            Optional.empty(),
            "127.0.0.1",
            upPorts,
            "cluster.local",
            Duration.ofHours(1),
            0));
  }

  private void register(String name) throws Exception {
    var uri =
        "http://127.0.0.1:%d/v1/services/%s/instances/%s-1".formatted(upPorts.http(), name, name);
    var body = "{\"host\":\"127.0.0.1\",\"port\":%d}".formatted(service.getAddress().getPort());
    var request =
        HttpRequest.newBuilder(URI.create(uri)).PUT(HttpRequest.BodyPublishers.ofString(body));
    try (var http = HttpClient.newHttpClient()) {
      assertThat(http.send(request.build(), HttpResponse.BodyHandlers.ofString()).statusCode())
          .isBetween(200, 201);
    }
  }

  private Path state() {
    return folder.resolve("state");
  }

  private SidecarSettings sidecar(Optional<Duration> limit) {
    var data = folder.resolve("data");
    return new SidecarSettings(
        new SidecarSettings.Workload("order", "order-1", "", 9, AppProtocol.HTTP1),
        ports,
        new SidecarSettings.MeshAccess(
            URI.create("http://127.0.0.1:" + upPorts.http()),
            new HostPort("127.0.0.1", upPorts.secureXds()),
            data.resolve("ca").resolve("root.pem"),
            data.resolve("join-token"),
            Optional.empty()),
        new SidecarSettings.Health("/", Duration.ofSeconds(1), 3),
        ProxySettings.defaults(),
        new MeshStart(Optional.of(new StateFolder(state())), Duration.ofMillis(300), limit),
        List.of(),
        List.of());
  }

  private String call(String name) throws Exception {
    var outbound = new InetSocketAddress("127.0.0.1", ports.outbound().port());
    try (var http = HttpClient.newBuilder().proxy(ProxySelector.of(outbound)).build()) {
      var request = HttpRequest.newBuilder(URI.create("http://" + name + "/")).build();
      return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  private void awaitServed(String name) {
    await().atMost(Duration.ofSeconds(20)).until(() -> call(name).equals("served"));
  }

  @Test
  void aSidecarStartsWithoutItsControlPlaneAndFollowsItOnceItIsBack() throws Exception {
    try (var up = up()) {
      assertThat(up.ports()).isNotEmpty();
      register("bank");
      try (var first = Sidecar.start(sidecar(Optional.empty()))) {
        awaitServed("bank");
        assertThat(first.applicationExit()).isNotDone();
      }
    }
    try (var second = Sidecar.start(sidecar(Optional.of(Duration.ofSeconds(20))))) {
      assertThat(second.applicationExit()).isNotDone();
      assertThat(call("bank")).isEqualTo("served");
      try (var up = up()) {
        assertThat(up.ports()).isNotEmpty();
        register("shop");
        awaitServed("shop");
        assertThat(call("bank")).isEqualTo("served");
      }
    }
  }

  @Test
  void whatIsKeptIsReadableByItsUserOnlyAndTheConfigurationHasNoKey() throws Exception {
    try (var up = up()) {
      assertThat(up.ports()).isNotEmpty();
      register("bank");
      try (var sidecar = Sidecar.start(sidecar(Optional.empty()))) {
        awaitServed("bank");
        assertThat(sidecar.applicationExit()).isNotDone();
      }
    }
    for (var file : List.of("configuration", "identity.pem")) {
      assertThat(Files.getPosixFilePermissions(state().resolve(file)))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }
    var kept = Files.readString(state().resolve("configuration"), StandardCharsets.ISO_8859_1);
    assertThat(kept).contains("bank").doesNotContain("PRIVATE KEY");
    assertThat(Files.readString(state().resolve("identity.pem"))).contains("PRIVATE KEY");
  }

  @Test
  void aDamagedFileIsIgnoredAndTheStartEndsAtItsLimit() throws Exception {
    try (var up = up()) {
      assertThat(up.ports()).isNotEmpty();
      register("bank");
      Sidecar.start(sidecar(Optional.empty())).close();
    }
    var file = state().resolve("configuration");
    var octets = Files.readAllBytes(file);
    octets[octets.length - 3] ^= 1;
    Files.write(file, octets);
    assertThatExceptionOfType(CommandException.class)
        .isThrownBy(() -> Sidecar.start(sidecar(Optional.of(Duration.ofSeconds(2)))))
        .withMessageContaining("--start-timeout: no configuration came");
    Files.delete(state().resolve("identity.pem"));
    assertThatExceptionOfType(CommandException.class)
        .isThrownBy(() -> Sidecar.start(sidecar(Optional.of(Duration.ofSeconds(2)))))
        .withMessageContaining("--start-timeout: no certificate came");
  }

  @Test
  void aFileForAnotherProxyIsNotUsed() throws Exception {
    try (var up = up()) {
      assertThat(up.ports()).isNotEmpty();
      register("bank");
      Sidecar.start(sidecar(Optional.empty())).close();
    }
    var kept = new StateFolder(state());
    var own = MeshConnection.node(sidecar(Optional.empty())).audience();
    assertThat(kept.configuration(own)).isPresent();
    assertThat(kept.configuration("{service=bank}")).isEmpty();
  }
}
