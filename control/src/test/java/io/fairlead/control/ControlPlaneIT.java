package io.fairlead.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.server.Server;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Endpoints;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.Snapshot;
import io.fairlead.xds.AdsClient;
import io.fairlead.xds.AdsSettings;
import io.fairlead.xds.SnapshotListener;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlPlaneIT {
  private static final Duration BOUND = Duration.ofSeconds(20);

  @TempDir Path data;
  private final FakeCatalog catalog = new FakeCatalog();
  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final HttpClient http = HttpClient.newHttpClient();
  private Path directory;
  private ControlPlane control;
  private Server server;
  private @Nullable AdsClient client;

  /** Keeps every snapshot and refuses those that the test wants refused. */
  private static final class Recorder implements SnapshotListener {
    final List<Snapshot> seen = new CopyOnWriteArrayList<>();
    volatile Predicate<Snapshot> refuse = snapshot -> false;

    @Override
    public Optional<String> apply(Snapshot snapshot) {
      if (refuse.test(snapshot)) {
        return Optional.of("listener inbound: refused by the test");
      }
      seen.add(snapshot);
      return Optional.empty();
    }

    Snapshot last() {
      return seen.isEmpty() ? Snapshot.EMPTY : seen.getLast();
    }
  }

  @BeforeEach
  void start() throws IOException {
    directory = Files.createDirectories(data.resolve("conf.d"));
    startAt(0);
  }

  private void startAt(int port) throws IOException {
    var settings =
        new ControlSettings(
            data, Optional.of(directory), MeshSettings.defaults(), Duration.ofHours(1));
    control = ControlPlane.start(settings, catalog, Clock.systemUTC());
    var builder =
        Server.builder().http(port).requestTimeoutMillis(0).gracefulShutdownTimeoutMillis(0, 0);
    control.addPlainXds(builder);
    control.addApi(builder);
    server = builder.build();
    server.start().join();
  }

  @AfterEach
  void stop() throws IOException {
    if (client != null) {
      client.close();
    }
    stopServer();
    loops.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS).syncUninterruptibly();
  }

  private void stopServer() throws IOException {
    server.stop().join();
    control.close();
  }

  private Recorder connect(String service) {
    var metadata =
        Map.of(
            "service", service,
            "inbound", "127.0.0.1:15006",
            "outbound", "127.0.0.1:15001",
            "application", "127.0.0.1:8080");
    var recorder = new Recorder();
    var settings =
        AdsSettings.of(
            new HostPort("127.0.0.1", server.activeLocalPort()), service + "-1", metadata);
    var created =
        new AdsClient(
            settings,
            new Bootstrap().channel(NioSocketChannel.class),
            loops.next(),
            Optional::empty,
            Set.of(MeshSettings.WORKLOAD_CERTIFICATE),
            recorder);
    created.start();
    client = created;
    return recorder;
  }

  private HttpResponse<String> send(String method, String path, String body)
      throws IOException, InterruptedException {
    var uri = URI.create("http://127.0.0.1:" + server.activeLocalPort() + path);
    return http.send(
        HttpRequest.newBuilder(uri)
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static Optional<Endpoints> endpoints(Snapshot snapshot, String service) {
    return snapshot.endpoints().stream().filter(e -> e.name().equals(service)).findFirst();
  }

  private static Set<String> hosts(Snapshot snapshot) {
    var hosts = new HashSet<String>();
    snapshot
        .routeTables()
        .forEach(table -> table.virtualHosts().forEach(host -> hosts.add(host.name())));
    return hosts;
  }

  @Test
  void aSidecarGetsExactlyTheTranslatedSnapshotAndItsChanges() {
    catalog.put("order", "order-1", 9001);
    var recorder = connect("order");
    await().atMost(BOUND).until(() -> !recorder.seen.isEmpty());
    assertThat(recorder.last().listeners())
        .extracting(l -> l.name())
        .containsExactly("inbound", "outbound");
    assertThat(recorder.last().secrets())
        .extracting(s -> s.name())
        .containsExactly(MeshSettings.MESH_ROOTS);
    catalog.put("bank", "bank-1", 9002);
    await().atMost(BOUND).until(() -> endpoints(recorder.last(), "bank").isPresent());
    assertThat(hosts(recorder.last())).contains("bank", "order");
    catalog.remove("bank", "bank-1");
    await().atMost(BOUND).until(() -> endpoints(recorder.last(), "bank").isEmpty());
    assertThat(hosts(recorder.last())).doesNotContain("bank");
  }

  @Test
  void aRouteNeverLeadsToAClusterWithoutEndpoints() throws Exception {
    catalog.put("shipping", "s1", 9001, "v1");
    catalog.put("shipping", "s2", 9002, "v2");
    var recorder = connect("order");
    await().atMost(BOUND).until(() -> !recorder.seen.isEmpty());
    for (int round = 0; round < 10; round++) {
      var name = "shipping-v" + round;
      var yaml =
          """
          apiVersion: v1
          kind: Service
          metadata: { name: %1$s }
          spec: { selector: { service: shipping, version: v2 } }
          ---
          apiVersion: gateway.networking.k8s.io/v1
          kind: HTTPRoute
          metadata: { name: canary }
          spec:
            parentRefs: [{ kind: Service, name: shipping }]
            rules: [{ backendRefs: [{ name: shipping, weight: 90 }, { name: %1$s, weight: 10 }] }]
          """
              .formatted(name);
      assertThat(send("POST", "/v1/config", yaml).statusCode()).isEqualTo(200);
      await().atMost(BOUND).until(() -> targets(recorder.last()).contains(name));
    }
    for (var snapshot : recorder.seen) {
      for (var target : targets(snapshot)) {
        assertThat(endpoints(snapshot, target).map(e -> e.endpoints().size()).orElse(0))
            .as("%s in %s", target, snapshot)
            .isPositive();
      }
    }
  }

  private static Set<String> targets(Snapshot snapshot) {
    var targets = new HashSet<String>();
    for (var table : snapshot.routeTables()) {
      for (var host : table.virtualHosts()) {
        for (var route : host.routes()) {
          if (route.action() instanceof RouteAction.Forward forward && !host.name().equals("*")) {
            forward.clusters().forEach(c -> targets.add(c.cluster()));
          }
        }
      }
    }
    return targets;
  }

  @Test
  void wrongConfigurationIsRefusedWholeAndTheLastGoodStays() throws Exception {
    catalog.put("bank", "bank-1", 9002);
    var good = policy("bank", "500ms");
    assertThat(send("POST", "/v1/config?file=good.yaml", good).body())
        .contains("\"change\":\"CREATED\"");
    var recorder = connect("order");
    await().atMost(BOUND).until(() -> timeoutOfBank(recorder.last()).isPresent());
    var bad = send("POST", "/v1/config?file=bad.yaml", policy("bnak", "500"));
    assertThat(bad.statusCode()).isEqualTo(422);
    assertThat(bad.body())
        .contains("bad.yaml:6:23: spec.timeout.request: '500' must be a duration with a unit");
    var unknown = send("POST", "/v1/config?file=bad.yaml", policy("bnak", "500ms"));
    assertThat(unknown.body()).contains("did you mean 'bank'?");
    assertThat(send("GET", "/v1/config", "").body()).contains("\"version\":1");
    assertThat(timeoutOfBank(recorder.last())).hasValue(Duration.ofMillis(500));
    assertThat(send("DELETE", "/v1/config/ResiliencePolicy/default/p", "").statusCode())
        .isEqualTo(200);
    await().atMost(BOUND).until(() -> timeoutOfBank(recorder.last()).isEmpty());
  }

  private static String policy(String service, String timeout) {
    return """
        apiVersion: fairlead.io/v1
        kind: ResiliencePolicy
        metadata: { name: p }
        spec:
          targetRefs: [{ kind: Service, name: %s }]
          timeout: { request: %s }
        """
        .formatted(service, timeout);
  }

  private static Optional<Duration> timeoutOfBank(Snapshot snapshot) {
    return snapshot.clusters().stream()
        .filter(cluster -> cluster.name().equals("bank"))
        .findFirst()
        .map(Cluster::resilience)
        .flatMap(resilience -> resilience.timeout())
        .map(timeout -> timeout.request());
  }

  @Test
  void theDirectoryIsFollowedAndItsFaultsDoNotTouchWhatIsInForce() throws Exception {
    catalog.put("bank", "bank-1", 9002);
    var recorder = connect("order");
    write("a.yaml", policy("bank", "1s"));
    await()
        .atMost(BOUND)
        .until(() -> timeoutOfBank(recorder.last()).equals(Optional.of(Duration.ofSeconds(1))));
    write("a.yaml", policy("bank", "soon"));
    await()
        .atMost(BOUND)
        .until(() -> send("GET", "/v1/config", "").body().contains("'soon' must be a duration"));
    assertThat(timeoutOfBank(recorder.last())).hasValue(Duration.ofSeconds(1));
    write("a.yaml", policy("later", "3s"));
    await()
        .atMost(BOUND)
        .until(() -> send("GET", "/v1/config", "").body().contains("'later' is no service"));
    catalog.put("later", "later-1", 9003);
    await()
        .atMost(BOUND)
        .until(() -> send("GET", "/v1/config", "").body().contains("\"directoryFaults\":[]"));
    await().atMost(BOUND).until(() -> timeoutOfBank(recorder.last()).isEmpty());
  }

  private void write(String name, String text) throws IOException {
    var draft = Files.writeString(directory.resolve("." + name), text);
    Files.move(draft, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void aRefusalIsShownWithItsReasonAndALaterVersionRecovers() throws Exception {
    var recorder = connect("order");
    await().atMost(BOUND).until(() -> !recorder.seen.isEmpty());
    recorder.refuse = snapshot -> endpoints(snapshot, "bank").isPresent();
    catalog.put("bank", "bank-1", 9002);
    await()
        .atMost(BOUND)
        .until(() -> send("GET", "/v1/proxies", "").body().contains("refused by the test"));
    recorder.refuse = snapshot -> false;
    catalog.put("bank", "bank-2", 9003);
    await()
        .atMost(BOUND)
        .until(
            () -> endpoints(recorder.last(), "bank").map(e -> e.endpoints().size()).orElse(0) == 2);
    await()
        .atMost(BOUND)
        .until(
            () -> {
              var body = send("GET", "/v1/proxies", "").body();
              return !body.contains("REJECTED") && !body.contains("STALE");
            });
    assertThat(send("GET", "/v1/proxies/order-1", "").body()).contains("bank-2");
  }

  @Test
  void aRestartDisturbsNobodyAndRecoversTheConfiguration() throws Exception {
    catalog.put("bank", "bank-1", 9002);
    send("POST", "/v1/config", policy("bank", "1s"));
    var recorder = connect("order");
    await().atMost(BOUND).until(() -> timeoutOfBank(recorder.last()).isPresent());
    int port = server.activeLocalPort();
    var before = recorder.last();
    stopServer();
    startAt(port);
    catalog.put("later", "later-1", 9003);
    await().atMost(BOUND).until(() -> endpoints(recorder.last(), "later").isPresent());
    assertThat(timeoutOfBank(recorder.last())).isEqualTo(timeoutOfBank(before));
    assertThat(recorder.seen).allMatch(snapshot -> snapshot.listeners().size() == 2);
  }
}
