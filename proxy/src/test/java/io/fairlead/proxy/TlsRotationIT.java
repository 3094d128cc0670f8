package io.fairlead.proxy;

import static io.fairlead.proxy.TlsFront.CALLER;
import static io.fairlead.proxy.TlsFront.CLIENT;
import static io.fairlead.proxy.TlsFront.ME;
import static io.fairlead.proxy.TlsFront.MESH;
import static io.fairlead.proxy.TlsFront.MESH_CA;
import static io.fairlead.proxy.TlsFront.OTHER_CA;
import static io.fairlead.proxy.TlsFront.OWN;
import static io.fairlead.proxy.TlsFront.SERVER;
import static io.fairlead.proxy.Waiting.awaitLatch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.proxy.ApplyResult.Rejected;
import io.fairlead.proxy.Authority.Identity;
import io.fairlead.traffic.ClientTls;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.PeerValidation;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Certificates and roots change while connections are open. */
@ExtendWith(LeakCheck.class)
class TlsRotationIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final String POST = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(2));

  @AfterEach
  void stop() {
    front.close();
  }

  /** TLS on both sides. */
  private static Snapshot through(RawUpstream upstream, Identity own, Secret.Validation roots) {
    return TlsFront.snapshot(
        TlsFront.listener(Optional.of(TlsFront.mutual()), Listener.Role.INBOUND),
        TlsFront.cluster(Optional.of(TlsFront.toBackend()), upstream.address()),
        List.of(own.secret("own"), roots));
  }

  private static Secret.Validation both() {
    String pem = MESH_CA.roots("roots", MESH).rootsPem() + OTHER_CA.roots("roots", MESH).rootsPem();
    return new Secret.Validation("roots", pem, MESH);
  }

  @Test
  void noRequestFailsWhileCertificatesChange() throws Exception {
    try (var upstream = TlsFront.secured(SERVER, "hello")) {
      Secret.Validation roots = MESH_CA.roots("roots", MESH);
      front.apply(through(upstream, OWN, roots));
      AtomicBoolean done = new AtomicBoolean();
      AtomicInteger good = new AtomicInteger();
      List<String> bad = new CopyOnWriteArrayList<>();
      List<Thread> clients =
          List.of(load(done, good, bad), load(done, good, bad), load(done, good, bad));
      for (int i = 0; i < 30; i++) {
        int before = good.get();
        front.apply(through(upstream, MESH_CA.identity(ME), i % 2 == 0 ? both() : roots));
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .pollInterval(Duration.ofMillis(2))
            .until(() -> good.get() > before + 10 || !bad.isEmpty());
      }
      done.set(true);
      for (Thread client : clients) {
        client.join();
      }
      assertThat(bad).isEmpty();
      assertThat(TlsFront.counters(front).handshakeFailures()).isZero();
      // Each change of the certificate made new connections to the endpoint.
      assertThat(upstream.accepted()).isGreaterThan(30);
    }
  }

  private Thread load(AtomicBoolean done, AtomicInteger good, List<String> bad) {
    SSLContext context = MESH_CA.context(CLIENT);
    return Thread.startVirtualThread(
        () -> {
          while (!done.get()) {
            try (var client = TlsFront.connect(front, context)) {
              for (int i = 0; i < 20; i++) {
                String answer = client.send(i % 2 == 0 ? GET : POST).readMessage();
                if (answer.startsWith("HTTP/1.1 200")) {
                  good.incrementAndGet();
                } else {
                  bad.add(answer);
                }
              }
            } catch (IOException e) {
              bad.add(e.toString());
            }
          }
        });
  }

  @Test
  void newConnectionsSeeTheNewCertificateAndOldOnesStay() throws IOException {
    try (var upstream = TlsFront.secured(SERVER, "hello")) {
      Secret.Validation roots = MESH_CA.roots("roots", MESH);
      front.apply(through(upstream, OWN, roots));
      SSLSocket old = TlsFront.socket(front, MESH_CA.context(CLIENT));
      try (var client = new RawSocket(old, new ArrayList<>())) {
        assertThat(client.send(GET).readMessage()).endsWith("hello");
        assertThat(certificate(old)).isEqualTo(OWN.chain().getFirst());
        Identity next = MESH_CA.identity(ME);
        front.apply(through(upstream, next, roots));
        SSLSocket fresh = TlsFront.socket(front, MESH_CA.context(CLIENT));
        try (var other = new RawSocket(fresh, new ArrayList<>())) {
          assertThat(other.send(GET).readMessage()).endsWith("hello");
          assertThat(certificate(fresh)).isEqualTo(next.chain().getFirst());
        }
        assertThat(client.send(POST).readMessage()).endsWith("hello");
      }
    }
  }

  private static Certificate certificate(SSLSocket socket) throws IOException {
    return socket.getSession().getPeerCertificates()[0];
  }

  @Test
  void rootsThatGoTakeTheirClientsWithThem() throws IOException {
    try (var upstream = TlsFront.secured(SERVER, "hello")) {
      Identity foreign = OTHER_CA.identity(CALLER);
      SSLContext context = MESH_CA.context(foreign);
      front.apply(through(upstream, OWN, both()));
      try (var client = TlsFront.connect(front, context)) {
        assertThat(client.send(GET).readMessage()).endsWith("hello");
        front.apply(through(upstream, OWN, MESH_CA.roots("roots", MESH)));
        // Neither by a handshake nor by the session that the client still knows.
        assertThatThrownBy(
                () -> {
                  try (var other = TlsFront.connect(front, context)) {
                    other.send(GET).readMessage();
                    throw new IOException("closed");
                  }
                })
            .isInstanceOf(IOException.class);
      }
      assertThat(TlsFront.counters(front).handshakeFailures()).isEqualTo(1);
    }
  }

  @Test
  void endpointConnectionsEndWithTheirExchange() throws IOException {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch rotated = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    try (var upstream =
        TlsFront.secured(
            SERVER,
            connection -> {
              connection.readHead();
              arrived.countDown();
              awaitLatch(rotated);
              connection.send(RawUpstream.okAnswer("old"));
              if (connection.readHead().isEmpty()) {
                ended.countDown();
              }
            })) {
      Secret.Validation roots = MESH_CA.roots("roots", MESH);
      front.apply(through(upstream, OWN, roots));
      try (var client = TlsFront.connect(front, CLIENT)) {
        client.send(GET);
        awaitLatch(arrived);
        front.apply(through(upstream, MESH_CA.identity(ME), roots));
        rotated.countDown();
        assertThat(client.readMessage()).endsWith("old");
        awaitLatch(ended);
      }
    }
  }

  @Test
  void sameSecretsKeepConnections() throws IOException {
    try (var upstream = TlsFront.secured(SERVER, "hello")) {
      front.apply(through(upstream, OWN, MESH_CA.roots("roots", MESH)));
      try (var client = TlsFront.connect(front, CLIENT)) {
        for (int i = 0; i < 3; i++) {
          assertThat(client.send(GET).readMessage()).endsWith("hello");
          front.apply(through(upstream, OWN, MESH_CA.roots("roots", MESH)));
        }
      }
      assertThat(upstream.accepted()).isEqualTo(1);
    }
  }

  @Test
  void unusableSecretsAreRejectedByNameAndTheLastGoodOnesStay() throws IOException {
    try (var upstream = TlsFront.secured(SERVER, "hello")) {
      front.apply(through(upstream, OWN, MESH_CA.roots("roots", MESH)));
      var roots = MESH_CA.roots("roots", MESH);
      Secret.Certificate own = OWN.secret("own");
      HostPort address = upstream.address();
      assertRejected(
          address,
          List.of(),
          "listener front: tls: secret own does not exist",
          "listener front: tls: secret roots does not exist",
          "cluster backend: tls: secret own does not exist",
          "cluster backend: tls: secret roots does not exist");
      assertRejected(
          address,
          List.of(MESH_CA.roots("own", MESH), OWN.secret("roots")),
          "listener front: tls: secret own holds roots, not a certificate",
          "listener front: tls: secret roots holds no roots",
          "cluster backend: tls: secret own holds roots, not a certificate",
          "cluster backend: tls: secret roots holds no roots");
      assertRejected(
          address,
          List.of(
              new Secret.Certificate("own", own.chainPem(), CLIENT.secret("x").keyPem()), roots),
          "secret own: keyPem: does not belong to the certificate");
      assertRejected(
          address,
          List.of(new Secret.Certificate("own", "", own.keyPem()), roots),
          "secret own: chainPem: holds no certificate");
      assertRejected(
          address,
          List.of(new Secret.Certificate("own", own.chainPem(), ""), roots),
          "secret own: keyPem: must hold one PKCS #8 key, holds 0");
      assertRejected(
          address,
          List.of(own, new Secret.Validation("roots", roots.rootsPem().replace("M", "%"), MESH)),
          "secret roots: rootsPem: CERTIFICATE 1 is not Base64");
      assertRejected(
          address,
          List.of(own, new Secret.Validation("roots", "-----BEGIN CERTIFICATE-----\nMII", MESH)),
          "secret roots: rootsPem: CERTIFICATE 1 has no end");
      try (var client = TlsFront.connect(front, CLIENT)) {
        assertThat(client.send(GET).readMessage()).endsWith("hello");
      }
    }
  }

  private void assertRejected(HostPort upstream, List<Secret> secrets, String... faults) {
    ApplyResult result =
        front
            .plane()
            .apply(
                TlsFront.snapshot(
                    TlsFront.listener(Optional.of(TlsFront.mutual()), Listener.Role.INBOUND),
                    TlsFront.cluster(Optional.of(TlsFront.toBackend()), upstream),
                    secrets));
    assertThat(result).isInstanceOf(Rejected.class);
    if (result instanceof Rejected(var found)) {
      assertThat(found).extracting(Object::toString).containsExactlyInAnyOrder(faults);
    }
  }

  @Test
  void listenerMayTurnToTlsAndBack() throws IOException {
    try (var upstream = TlsFront.secured(SERVER, "hello")) {
      var cluster = TlsFront.cluster(Optional.of(TlsFront.toBackend()), upstream.address());
      Snapshot plain =
          TlsFront.snapshot(
              TlsFront.listener(Optional.empty(), Listener.Role.INBOUND),
              cluster,
              TlsFront.secrets());
      front.apply(plain);
      try (var before = front.client()) {
        assertThat(before.send(GET).readMessage()).endsWith("hello");
        front.apply(through(upstream, OWN, MESH_CA.roots("roots", MESH)));
        try (var client = TlsFront.connect(front, CLIENT)) {
          assertThat(client.send(GET).readMessage()).endsWith("hello");
        }
        assertThat(before.send(GET).readMessage()).endsWith("hello");
      }
      front.apply(plain);
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage()).endsWith("hello");
      }
    }
  }

  @Test
  void clusterMayTurnToTls() throws IOException {
    try (var plain = RawUpstream.ok("plain");
        var secured = TlsFront.secured(SERVER, "secured")) {
      front.sendTo(plain.address());
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage()).endsWith("plain");
        var tls = new ClientTls("own", new PeerValidation("roots", List.of()), "");
        front.apply(TlsFront.outbound(tls, secured.address()));
        assertThat(client.send(GET).readMessage()).endsWith("secured");
      }
    }
  }
}
