package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.fairlead.testkit.FreePorts;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Secret;
import io.fairlead.xds.CertificateClient;
import io.fairlead.xds.WorkloadCertificate;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway, as a process, starts from what it kept: configuration, keys and identity. */
class GatewayRestartIT {
  private static final Duration BOUND = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final List<Process> processes = new ArrayList<>();
  private UpSettings.Ports up = new UpSettings.Ports(0, 0, 0, 0, 0);
  private int https;
  private int http;
  private int backend;
  private Optional<HttpServer> service = Optional.empty();

  @BeforeEach
  void serve() throws IOException {
    var free = FreePorts.of(8);
    up = new UpSettings.Ports(free.next(), free.next(), free.next(), free.next(), free.next());
    https = free.next();
    http = free.next();
    backend = free.next();
    Files.createDirectories(folder.resolve("config"));
    var server = HttpServer.create(new InetSocketAddress(loopback(), backend), 100);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, 6);
          exchange.getResponseBody().write("served".getBytes(StandardCharsets.US_ASCII));
          exchange.close();
        });
    server.start();
    service = Optional.of(server);
  }

  @AfterEach
  void stop() {
    service.ifPresent(server -> server.stop(0));
    processes.forEach(Process::destroyForcibly);
  }

  private static InetAddress loopback() {
    return InetAddress.getLoopbackAddress();
  }

  private UpServer up(Duration certificates) throws IOException {
    return UpServer.start(
        new UpSettings(
            folder.resolve("data"),
            Optional.of(folder.resolve("config")),
            "127.0.0.1",
            up,
            "cluster.local",
            certificates,
            0));
  }

  /** A certificate for the listener, signed by whoever can sign: the mesh. */
  private Secret.Certificate certificate() throws Exception {
    var control = new HostPort("127.0.0.1", up.secureXds());
    var data = folder.resolve("data");
    return new CertificateClient(control, "default", "shop")
        .join(
            Files.readString(data.resolve("ca").resolve("root.pem")),
            Files.readString(data.resolve("join-token")).strip())
        .certificate();
  }

  private void configure(Secret.Certificate certificate) throws IOException {
    Files.writeString(folder.resolve("config").resolve("tls.crt"), certificate.chainPem());
    var key = folder.resolve("config").resolve("tls.key");
    if (!Files.exists(key)) {
      var owner = PosixFilePermissions.fromString("rw-------");
      Files.createFile(key, PosixFilePermissions.asFileAttribute(owner));
    }
    Files.writeString(key, certificate.keyPem());
    var documents =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: { name: edge }
        spec:
          gatewayClassName: fairlead
          listeners:
            - { name: plain, port: %d, protocol: HTTP }
            - name: shop
              port: %d
              protocol: HTTPS
              tls: { certificateRefs: [{ name: shop }] }
        ---
        apiVersion: v1
        kind: Secret
        metadata: { name: shop }
        type: kubernetes.io/tls
        files: { tls.crt: tls.crt, tls.key: tls.key }
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
            .formatted(http, https, backend);
    Files.writeString(folder.resolve("config").resolve("edge.yaml"), documents);
  }

  /** Starts a gateway and waits until it is configured. */
  private Process gateway(Path log) throws IOException {
    var classes = System.getProperty("surefire.test.class.path");
    var own = System.getProperty("java.class.path", "");
    var command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classes == null ? own : classes + File.pathSeparator + own,
            Fairlead.class.getName(),
            "gateway",
            "--name=edge",
            "--data=" + folder.resolve("data"),
            "--control=127.0.0.1:" + up.secureXds(),
            "--state=" + folder.resolve("state"),
            "--state-after=0s",
            "--admin=0",
            "--otlp=none",
            "--concurrency=1");
    var process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    processes.add(process);
    await()
        .atMost(BOUND)
        .until(
            () ->
                Files.readString(log).contains("gateway edge is configured") || !process.isAlive());
    assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
    return process;
  }

  private void end(Process process) throws InterruptedException {
    process.destroy();
    assertThat(process.waitFor(BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  private SSLSocket connect() throws Exception {
    var context = SSLContext.getInstance("TLS");
    context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
    var socket = (SSLSocket) context.getSocketFactory().createSocket(loopback(), https);
    socket.setSoTimeout(20_000);
    socket.startHandshake();
    return socket;
  }

  private static String presented(SSLSocket socket) throws IOException {
    var leaf = (X509Certificate) socket.getSession().getPeerCertificates()[0];
    return leaf.getSerialNumber().toString(16);
  }

  private static String serial(Secret.Certificate certificate) throws IOException {
    var chain = WorkloadCertificate.of(certificate, "").chain();
    return chain.getFirst().getSerialNumber().toString(16);
  }

  private static String call(SSLSocket socket) throws IOException {
    socket
        .getOutputStream()
        .write("GET / HTTP/1.1\r\nhost: bank\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    var answer = new StringBuilder();
    while (answer.indexOf("served") < 0) {
      int octet = socket.getInputStream().read();
      if (octet < 0) {
        throw new IOException("the connection ended after: " + answer);
      }
      answer.append((char) octet);
    }
    return answer.substring(0, answer.indexOf("\r\n"));
  }

  private void keepState(Secret.Certificate certificate) throws Exception {
    configure(certificate);
    var first = gateway(folder.resolve("first.log"));
    await().atMost(BOUND).ignoreExceptions().until(() -> !call(connect()).isEmpty());
    end(first);
  }

  @Test
  void itServesTlsAtOnceAndFollowsTheControlPlaneWithoutClosingAnything() throws Exception {
    Secret.Certificate certificate;
    try (var present = up(Duration.ofHours(1))) {
      assertThat(present.ports()).isNotEmpty();
      certificate = certificate();
      keepState(certificate);
    }
    for (var file : List.of("configuration", "keys", "identity.pem")) {
      assertThat(Files.getPosixFilePermissions(folder.resolve("state").resolve(file)))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }
    assertThat(text("state/configuration")).contains("shop").doesNotContain("PRIVATE KEY");
    assertThat(text("state/keys")).contains("PRIVATE KEY").doesNotContain("bank");
    var log = folder.resolve("second.log");
    gateway(log);
    try (var kept = connect()) {
      assertThat(call(kept)).isEqualTo("HTTP/1.1 200 OK");
      assertThat(presented(kept)).isEqualTo(serial(certificate));
      try (var present = up(Duration.ofHours(1))) {
        assertThat(present.ports()).isNotEmpty();
        var next = certificate();
        configure(next);
        await()
            .atMost(BOUND)
            .ignoreExceptions()
            .until(() -> presented(connect()).equals(serial(next)));
        assertThat(call(kept)).isEqualTo("HTTP/1.1 200 OK");
      }
    }
    assertThat(Files.readString(log)).doesNotContain("PRIVATE", certificate.keyPem());
  }

  @Test
  void itServesWithCertificatesThatHaveEndedMeanwhile() throws Exception {
    Secret.Certificate certificate;
    try (var present = up(Duration.ofSeconds(5))) {
      assertThat(present.ports()).isNotEmpty();
      certificate = certificate();
      keepState(certificate);
    }
    var identity = new StateFolder(folder.resolve("state")).identity().orElseThrow();
    await().atMost(BOUND).until(() -> Instant.now().isAfter(identity.notAfter()));
    var log = folder.resolve("second.log");
    gateway(log);
    try (var socket = connect()) {
      assertThat(presented(socket)).isEqualTo(serial(certificate));
      assertThat(call(socket)).isEqualTo("HTTP/1.1 200 OK");
    }
    assertThat(Files.readString(log)).contains("although it ended at");
  }

  @Test
  void aListenerWhoseKeyCannotBeReadIsNamedAndTheOthersAreServed() throws Exception {
    try (var present = up(Duration.ofHours(1))) {
      assertThat(present.ports()).isNotEmpty();
      keepState(certificate());
    }
    var keys = folder.resolve("state").resolve("keys");
    var octets = Files.readAllBytes(keys);
    octets[octets.length / 2] ^= 1;
    Files.write(keys, octets);
    var log = folder.resolve("second.log");
    gateway(log);
    try (var plain = new java.net.Socket(loopback(), http)) {
      assertThat(plain.isConnected()).isTrue();
    }
    assertThat(Files.readString(log))
        .contains("keys is ignored: it is damaged", "is not served until the control plane answers")
        .doesNotContain("PRIVATE KEY");
    assertThat(Files.readString(log)).containsPattern("there is no secret \\[.*shop.*\\]");
  }

  private String text(String file) throws IOException {
    return Files.readString(folder.resolve(file), StandardCharsets.ISO_8859_1);
  }
}
