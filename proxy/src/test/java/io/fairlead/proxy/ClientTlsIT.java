package io.fairlead.proxy;

import static io.fairlead.proxy.TlsFront.BACKEND;
import static io.fairlead.proxy.TlsFront.CLIENT;
import static io.fairlead.proxy.TlsFront.MESH_CA;
import static io.fairlead.proxy.TlsFront.OTHER_CA;
import static io.fairlead.proxy.TlsFront.SERVER;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.Authority.Identity;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.ClientTls;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.PeerValidation;
import io.fairlead.traffic.StringMatch;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** TLS with endpoints of the platform's own implementation. */
@ExtendWith(LeakCheck.class)
class ClientTlsIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private final Front front = new Front();

  @AfterEach
  void stop() {
    front.close();
  }

  @Test
  void wantedServerIsCalledOnOneConnection() throws IOException {
    try (var upstream = TlsFront.secured(SERVER, "hello")) {
      var tls = TlsFront.toBackend(new StringMatch.Exact(BACKEND));
      front.apply(TlsFront.outbound(tls, upstream.address()));
      try (var client = front.client()) {
        for (int i = 0; i < 3; i++) {
          assertThat(client.send(GET).readMessage()).endsWith("hello");
        }
      }
      assertThat(upstream.accepted()).isEqualTo(1);
    }
  }

  @Test
  void serversThatProveNothingGetNoRequest() throws IOException {
    Identity expired = MESH_CA.identity(BACKEND, Duration.ofMinutes(30));
    assertRefused("untrusted", OTHER_CA.identity(BACKEND));
    assertRefused("expired", expired);
    assertRefused("identity", MESH_CA.identity("spiffe://else.test/ns/a"));
    assertRefused("identity", CLIENT);
    assertRefused("identity", MESH_CA.server());
    assertRefused("identity", MESH_CA.signer(BACKEND));
  }

  private void assertRefused(String why, Identity server) throws IOException {
    try (var upstream = TlsFront.secured(server, "hello")) {
      var tls = TlsFront.toBackend(new StringMatch.Exact(BACKEND));
      front.apply(TlsFront.outbound(tls, upstream.address()));
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage())
            .startsWith("HTTP/1.1 503")
            .contains("x-fairlead-reason: upstream-tls", "(" + why + ")");
      }
      assertThat(upstream.heads()).isEmpty();
    }
  }

  @Test
  void serverThatDoesNotTrustTheProxyIsSaid() throws IOException {
    try (var upstream = TlsFront.secured(SERVER, "hello")) {
      for (int i = 0; i < 10; i++) {
        front.apply(
            TlsFront.snapshot(
                TlsFront.listener(Optional.empty(), Listener.Role.OUTBOUND),
                TlsFront.cluster(Optional.of(TlsFront.toBackend()), upstream.address()),
                List.of(
                    OTHER_CA.identity(TlsFront.ME).secret("own"),
                    MESH_CA.roots("roots", TlsFront.MESH))));
        try (var client = front.client()) {
          assertThat(client.send(GET).readMessage())
              .startsWith("HTTP/1.1 503")
              .contains("x-fairlead-reason: upstream-tls");
        }
      }
      assertThat(upstream.heads()).isEmpty();
    }
  }

  @Test
  void serverWithoutTlsIsSaid() throws IOException {
    try (var upstream =
        new RawUpstream(
            connection -> {
              connection.read(5);
              connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            })) {
      front.apply(TlsFront.outbound(TlsFront.toBackend(), upstream.address()));
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage())
            .startsWith("HTTP/1.1 503")
            .contains("x-fairlead-reason: upstream-tls", "(plain-text)");
      }
    }
  }

  @Test
  void silentServerIsGivenUpInTheTimeToConnect() throws IOException {
    CountDownLatch done = new CountDownLatch(1);
    try (var upstream = new RawUpstream(connection -> Waiting.awaitLatch(done))) {
      var timeout = TimeoutSettings.defaults().withConnect(Duration.ofMillis(200));
      Cluster cluster = TlsFront.cluster(Optional.of(TlsFront.toBackend()), upstream.address());
      front.apply(
          TlsFront.snapshot(
              TlsFront.listener(Optional.empty(), Listener.Role.OUTBOUND),
              new Cluster(
                  cluster.name(),
                  cluster.discovery(),
                  cluster.tls(),
                  cluster.loadBalancing(),
                  ResilienceSettings.none().withTimeout(timeout)),
              TlsFront.secrets()));
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage())
            .startsWith("HTTP/1.1 503")
            .contains("x-fairlead-reason: upstream-tls", "(timeout)");
      }
      done.countDown();
    }
  }

  @Test
  void untrustedEndpointIsTriedElsewhere() throws IOException {
    try (var bad = TlsFront.secured(OTHER_CA.identity(BACKEND), "bad");
        var good = TlsFront.secured(SERVER, "good")) {
      front.apply(TlsFront.outbound(TlsFront.toBackend(), bad.address(), good.address()));
      for (int i = 0; i < 10; i++) {
        try (var client = front.client()) {
          assertThat(client.send(GET).readMessage()).endsWith("good");
        }
      }
    }
  }

  @Test
  void hostNameIsCheckedOutsideSpiffe() throws IOException {
    try (var upstream = TlsFront.secured(MESH_CA.server(), "hello")) {
      assertThat(callOutsideSpiffe(upstream, "localhost")).endsWith("hello");
      assertThat(callOutsideSpiffe(upstream, "")).endsWith("hello");
      assertThat(callOutsideSpiffe(upstream, "elsewhere.test"))
          .contains("x-fairlead-reason: upstream-tls", "(identity)");
    }
  }

  private String callOutsideSpiffe(RawUpstream upstream, String serverName) throws IOException {
    front.apply(
        TlsFront.snapshot(
            TlsFront.listener(Optional.empty(), Listener.Role.OUTBOUND),
            TlsFront.cluster(
                Optional.of(new ClientTls("own", TlsFront.peers(), serverName)),
                upstream.address()),
            List.of(TlsFront.OWN.secret("own"), MESH_CA.roots("roots", ""))));
    try (var client = front.client()) {
      return client.send(GET).readMessage();
    }
  }

  @Test
  void rootsOfTheSystemAreThoseThatThePlatformTrusts(@TempDir Path folder) throws Exception {
    var system = new PeerValidation(MeshSettings.SYSTEM_ROOTS, List.of());
    var tls = new ClientTls("own", system, "localhost");
    try (var upstream = TlsFront.secured(MESH_CA.server(), "hello")) {
      var snapshot =
          TlsFront.snapshot(
              TlsFront.listener(Optional.empty(), Listener.Role.OUTBOUND),
              TlsFront.cluster(Optional.of(tls), upstream.address()),
              List.of(TlsFront.OWN.secret("own")));
      front.apply(snapshot);
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage())
            .contains("x-fairlead-reason: upstream-tls", "(untrusted)");
      }
      var store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      var root = MESH_CA.roots("roots", "").rootsPem().getBytes(StandardCharsets.US_ASCII);
      store.setCertificateEntry(
          "root",
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(root)));
      var file = folder.resolve("trusted.p12");
      try (var out = Files.newOutputStream(file)) {
        store.store(out, "password".toCharArray());
      }
      System.setProperty("javax.net.ssl.trustStore", file.toString());
      System.setProperty("javax.net.ssl.trustStorePassword", "password");
      try (var trusting = new Front()) {
        trusting.apply(snapshot);
        try (var client = trusting.client()) {
          assertThat(client.send(GET).readMessage()).endsWith("hello");
        }
      } finally {
        System.clearProperty("javax.net.ssl.trustStore");
        System.clearProperty("javax.net.ssl.trustStorePassword");
      }
    }
  }

  @Test
  void answerThatEndsWithItsConnectionIsWholeOnlyIfTheServerSaysSo() throws IOException {
    TlsServerSocket server = new TlsServerSocket(MESH_CA.context(SERVER));
    try (var upstream =
        new RawUpstream(
            server,
            connection -> {
              boolean cut = connection.readHead().contains("/cut");
              connection.send("HTTP/1.0 200 OK\r\n\r\nhello");
              if (cut) {
                server.cut();
              }
            })) {
      front.apply(TlsFront.outbound(TlsFront.toBackend(), upstream.address()));
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage()).contains("hello").endsWith("0\r\n\r\n");
      }
      try (var client = front.client()) {
        client.send("GET /cut HTTP/1.1\r\nHost: h\r\n\r\n");
        String seen = "(reset)";
        try {
          seen = client.readToEnd();
        } catch (IOException e) {
          seen += e.getMessage();
        }
        assertThat(seen).doesNotEndWith("0\r\n\r\n");
      }
    }
  }

  @Test
  void sessionsAreResumed() throws IOException {
    List<Long> sessions = new CopyOnWriteArrayList<>();
    try (var upstream =
        new RawUpstream(
            new TlsServerSocket(MESH_CA.context(SERVER), "TLSv1.2"),
            connection -> {
              connection.readHead();
              // A session that is resumed by a ticket has another id each time.
              sessions.add(connection.session().getCreationTime());
              connection.send(
                  "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
            })) {
      front.apply(TlsFront.outbound(TlsFront.toBackend(), upstream.address()));
      try (var client = front.client()) {
        for (int i = 0; i < 3; i++) {
          assertThat(client.send(GET).readMessage()).endsWith("ok");
        }
      }
      assertThat(sessions).hasSize(3);
      assertThat(sessions.get(1)).isEqualTo(sessions.get(0));
    }
  }
}
