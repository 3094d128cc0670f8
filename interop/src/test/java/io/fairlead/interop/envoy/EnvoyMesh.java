package io.fairlead.interop.envoy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.server.Server;
import io.fairlead.control.ControlPlane;
import io.fairlead.control.ControlSettings;
import io.fairlead.control.SecureServer;
import io.fairlead.discovery.InstanceKey;
import io.fairlead.interop.envoy.EnvoyProcess.Bootstrap;
import io.fairlead.interop.envoy.EnvoyProcess.Variant;
import io.fairlead.testkit.FreePorts;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.xds.CertificateClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;

/** The control plane of {@code fairlead up}, applications, and Envoys beside them. */
final class EnvoyMesh implements AutoCloseable {
  static final Duration BOUND = Duration.ofSeconds(30);

  private final Path data;
  private final MemoryCatalog catalog = new MemoryCatalog();
  private final ControlPlane control;
  private final Server secure;
  private final Server api;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  /** An Envoy beside an application, and where both of its listeners are. */
  record Sidecar(EnvoyProcess envoy, String service, int inbound, int outbound) {
    Answer get(String host, String path, String... fields) throws IOException {
      return Answer.get(outbound, host, path, fields);
    }
  }

  EnvoyMesh(Path data, Duration certificates) throws IOException {
    this.data = data;
    var settings =
        new ControlSettings(data, Optional.empty(), MeshSettings.defaults(), certificates);
    control = ControlPlane.start(settings, catalog, Clock.systemUTC());
    secure =
        SecureServer.builder(control, java.util.List.of("127.0.0.1"))
            .gracefulShutdownTimeoutMillis(0, 0)
            .https(0)
            .build();
    secure.start().join();
    var builder = Server.builder().http(0).gracefulShutdownTimeoutMillis(0, 0);
    control.addApi(builder);
    control.addPlainXds(builder);
    api = builder.build();
    api.start().join();
  }

  /** The port of rate limits and xDS in plain text. */
  int plainPort() {
    return api.activeLocalPort();
  }

  /** An instance without a proxy. */
  Backend plain(String service, String id) {
    return plainAt("", service, id);
  }

  /** The same at a place such as {@code west/a}. */
  Backend plainAt(String place, String service, String id) {
    var backend = new Backend(id);
    parts.push(backend);
    var metadata = Map.of(MeshSettings.LOCALITY, place);
    catalog.put(new InstanceKey(service, id), backend.port(), metadata);
    return backend;
  }

  void leave(String service, String id) {
    catalog.remove(new InstanceKey(service, id));
  }

  /** An application that is called through its Envoy alone. */
  Sidecar meshed(Backend application, String service) throws Exception {
    parts.push(application);
    var sidecar = envoy(service, Variant.DELTA_GRPC, application.port());
    var metadata = Map.of(MeshSettings.MTLS, "true");
    catalog.put(new InstanceKey(service, application.name()), sidecar.inbound(), metadata);
    return sidecar;
  }

  /** An Envoy beside a service that calls and is not called. */
  Sidecar envoy(String service, Variant variant) throws Exception {
    return envoy(service, variant, 1);
  }

  private Sidecar envoy(String service, Variant variant, int application) throws Exception {
    int inbound = FreePorts.one();
    int outbound = FreePorts.one();
    var metadata =
        Map.of(
            "service", service,
            "inbound", "127.0.0.1:" + inbound,
            "outbound", "127.0.0.1:" + outbound,
            "application", "127.0.0.1:" + application);
    var envoy = start(service, metadata, variant);
    return new Sidecar(envoy, service, inbound, outbound);
  }

  /** An Envoy that serves a Gateway. */
  EnvoyProcess gateway(String name, Variant variant) throws Exception {
    return start(name, Map.of("gateway", name), variant);
  }

  private EnvoyProcess start(String owner, Map<String, String> metadata, Variant variant)
      throws Exception {
    var address = new HostPort("127.0.0.1", secure.activeLocalPort());
    var certificate =
        new CertificateClient(address, "default", owner)
            .join(
                Files.readString(data.resolve("ca/root.pem")),
                Files.readString(data.resolve("join-token")).strip());
    String id = owner + "-" + parts.size();
    var envoy =
        EnvoyProcess.start(
            data.resolve(id), new Bootstrap(id, metadata, variant, address, certificate));
    parts.push(envoy);
    await().atMost(BOUND).until(envoy::isReady);
    allAccepted();
    return envoy;
  }

  /** Brings documents into force and waits until every Envoy has taken what follows from them. */
  void apply(String yaml) throws Exception {
    var answer = send("POST", "/v1/config?file=test.yaml", yaml);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    allAccepted();
  }

  /** Waits until all Envoys have everything, and fails with the reason where one refuses. */
  void allAccepted() {
    await()
        .atMost(BOUND)
        .pollDelay(Duration.ofMillis(200))
        .until(
            () -> {
              String proxies = proxies();
              assertThat(proxies).doesNotContain("REJECTED");
              return !proxies.contains("STALE");
            });
  }

  /** What the control plane tells of its proxies. */
  String proxies() throws IOException, InterruptedException {
    return send("GET", "/v1/proxies", "").body();
  }

  private HttpResponse<String> send(String method, String path, String body)
      throws IOException, InterruptedException {
    var uri = URI.create("http://127.0.0.1:" + api.activeLocalPort() + path);
    return http.send(
        HttpRequest.newBuilder(uri)
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() throws Exception {
    while (!parts.isEmpty()) {
      parts.pop().close();
    }
    secure.stop().join();
    api.stop().join();
    control.close();
  }
}
