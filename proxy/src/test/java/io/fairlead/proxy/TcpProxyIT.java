package io.fairlead.proxy;

import static io.fairlead.proxy.Waiting.awaitLatch;
import static io.fairlead.proxy.Waiting.awaitStandstill;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.tls.TlsFailure;
import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.ClientTrust;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Intake;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.RouteAction.WeightedCluster;
import io.fairlead.traffic.ServerTls;
import io.fairlead.traffic.Snapshot;
import io.fairlead.traffic.TcpRoute;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Connections that are passed on octet by octet. */
@ExtendWith(LeakCheck.class)
class TcpProxyIT {
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));

  private final Socket taken = new Socket();

  @AfterEach
  void stop() throws IOException {
    front.close();
    taken.close();
  }

  static Intake intake(TcpRoute... routes) {
    return new Intake(
        Intake.ProxyHeader.NONE, Intake.PlainText.REFUSED, Intake.USUAL_DETECTION, List.of(routes));
  }

  static TcpRoute to(String cluster, String... serverNames) {
    return new TcpRoute(
        "to-" + cluster, List.of(serverNames), List.of(new WeightedCluster(cluster, 1)));
  }

  static Listener listener(Optional<ServerTls> tls, Intake intake) {
    return new Listener(
        "front",
        Model.ANY_PORT,
        Listener.Role.GATEWAY,
        tls,
        List.of(),
        "",
        0,
        ClientTrust.NONE,
        Optional.of(intake));
  }

  private void passTo(ResilienceSettings resilience, HostPort... upstreams) {
    front.apply(
        new Snapshot(
            List.of(listener(Optional.empty(), intake(to("backend")))),
            List.of(),
            List.of(Model.cluster("backend", resilience, upstreams)),
            List.of(),
            List.of()));
  }

  private void passTo(HostPort... upstreams) {
    passTo(ResilienceSettings.none(), upstreams);
  }

  /** An address that refuses connections: its port is taken, and nobody listens. */
  private HostPort nobody() throws IOException {
    taken.bind(new InetSocketAddress("127.0.0.1", 0));
    return new HostPort("127.0.0.1", taken.getLocalPort());
  }

  @Test
  void octetsGoBothWaysAndTheServerMaySpeakFirst() throws IOException {
    try (var upstream =
        new RawUpstream(
            connection -> {
              connection.send("220 hello\r\n");
              connection.send("250 " + connection.read(6));
            })) {
      passTo(upstream.address());
      try (var client = front.client()) {
        assertThat(client.read(11)).isEqualTo("220 hello\r\n");
        assertThat(client.send("EHLO\r\n").readToEnd()).isEqualTo("250 EHLO\r\n");
      }
      var counters = TlsFront.counters(front);
      assertThat(counters.passedOn()).isEqualTo(1);
      assertThat(counters.octetsReceived()).isEqualTo(6);
      assertThat(counters.octetsSent()).isEqualTo(21);
    }
  }

  @Test
  void eachDirectionEndsByItself() throws IOException {
    try (var upstream =
        new RawUpstream(connection -> connection.send("all of " + connection.readToEnd()))) {
      passTo(upstream.address());
      try (var client = front.client()) {
        client.send("it").shutdownOutput();
        assertThat(client.readToEnd()).isEqualTo("all of it");
      }
    }
    CountDownLatch ended = new CountDownLatch(1);
    StringBuilder late = new StringBuilder();
    try (var upstream =
        new RawUpstream(
            connection -> {
              connection.shutdownOutput();
              late.append(connection.readToEnd());
              ended.countDown();
            })) {
      passTo(upstream.address());
      try (var client = front.client()) {
        assertThat(client.readToEnd()).isEmpty();
        client.send("late").shutdownOutput();
        awaitLatch(ended);
        assertThat(late.toString()).isEqualTo("late");
      }
    }
  }

  @Test
  void slowSideHoldsTheOtherBack() throws Exception {
    int size = 64 << 20;
    AtomicLong sent = new AtomicLong();
    try (var upstream =
        new RawUpstream(
            connection -> {
              byte[] piece = new byte[64 << 10];
              for (int i = 0; i < size / piece.length; i++) {
                connection.send(piece);
                sent.addAndGet(piece.length);
              }
              connection.shutdownOutput();
              connection.readToEnd();
            })) {
      passTo(upstream.address());
      try (var client = RawSocket.connectWithSmallBuffer(front.address())) {
        awaitStandstill(sent);
        assertThat(sent.get()).isLessThan(size / 2);
        assertThat(client.in().readAllBytes()).hasSize(size);
      }
    }
  }

  @Test
  void anotherEndpointIsTriedIfOneRefuses() throws IOException {
    try (var upstream = new RawUpstream(connection -> connection.send("here"))) {
      passTo(nobody(), upstream.address());
      for (int i = 0; i < 10; i++) {
        try (var client = front.client()) {
          assertThat(client.readToEnd()).isEqualTo("here");
        }
      }
    }
  }

  @Test
  void clientIsClosedAndCountedIfNobodyCanBeReached() throws IOException {
    passTo(nobody());
    try (var client = front.client()) {
      client.send("anything");
      assertClosed(client);
    }
    assertThat(TlsFront.counters(front).notPassedOn(Reason.CONNECT_FAILED)).isEqualTo(1);
  }

  private static void assertClosed(RawSocket client) {
    try {
      assertThat(client.readToEnd()).isEmpty();
    } catch (IOException reset) {
      assertThat(reset).hasMessageContaining("reset");
    }
  }

  @Test
  void circuitBreakerOpensOnConnectionsThatFail() throws IOException {
    var breaker =
        CircuitBreakerSettings.defaults().withMinimumNumberOfCalls(2).withFailureRateThreshold(50);
    passTo(ResilienceSettings.none().withCircuitBreaker(breaker), nobody());
    for (int i = 0; i < 3; i++) {
      try (var client = front.client()) {
        assertClosed(client);
      }
    }
    assertThat(TlsFront.counters(front).notPassedOn(Reason.CIRCUIT_OPEN)).isEqualTo(1);
  }

  @Test
  void idleConnectionIsReset() throws IOException {
    var timeout =
        new TimeoutSettings(Duration.ofMillis(50), Duration.ofSeconds(1), Duration.ofMillis(200));
    try (var upstream = new RawUpstream(RawSocket::readToEnd)) {
      passTo(ResilienceSettings.none().withTimeout(timeout), upstream.address());
      try (var client = front.client()) {
        client.send("x");
        assertThatThrownBy(client::readToEnd).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void halfClosedConnectionIsKeptOnlyAsLongAsSomethingMoves() throws IOException {
    var timeout =
        new TimeoutSettings(Duration.ofMillis(50), Duration.ofSeconds(1), Duration.ofMillis(200));
    CountDownLatch cut = new CountDownLatch(1);
    try (var upstream =
        new RawUpstream(
            connection -> {
              connection.send("all of " + connection.readToEnd());
              awaitLatch(cut);
            })) {
      passTo(ResilienceSettings.none().withTimeout(timeout), upstream.address());
      try (var client = front.client()) {
        client.send("it").shutdownOutput();
        assertThat(client.read(9)).isEqualTo("all of it");
        assertThatThrownBy(client::readToEnd).isInstanceOf(IOException.class);
      } finally {
        cut.countDown();
      }
    }
  }

  @Test
  void sharesFollowTheWeights() throws IOException {
    try (var a = new RawUpstream(connection -> connection.send("a"));
        var b = new RawUpstream(connection -> connection.send("b"))) {
      var route =
          new TcpRoute(
              "both", List.of(), List.of(new WeightedCluster("a", 0), new WeightedCluster("b", 3)));
      front.apply(
          new Snapshot(
              List.of(listener(Optional.empty(), intake(route))),
              List.of(),
              List.of(
                  Model.cluster("a", ResilienceSettings.none(), a.address()),
                  Model.cluster("b", ResilienceSettings.none(), b.address())),
              List.of(),
              List.of()));
      for (int i = 0; i < 5; i++) {
        try (var client = front.client()) {
          assertThat(client.readToEnd()).isEqualTo("b");
        }
      }
    }
  }

  @Test
  void unknownClusterIsAFault() {
    var result =
        front
            .plane()
            .apply(
                new Snapshot(
                    List.of(listener(Optional.empty(), intake(to("nowhere")))),
                    List.of(),
                    List.of(),
                    List.of(),
                    List.of()));
    assertThat(result.toString()).contains("route to-nowhere: cluster nowhere does not exist");
  }

  // TLS that does not end here

  private void passByName(RawUpstream shop, RawUpstream other) {
    front.apply(
        new Snapshot(
            List.of(
                listener(
                    Optional.empty(),
                    intake(to("shop", "shop.test"), to("other", "*.other.test")))),
            List.of(),
            List.of(
                Model.cluster("shop", ResilienceSettings.none(), shop.address()),
                Model.cluster("other", ResilienceSettings.none(), other.address())),
            List.of(),
            List.of()));
  }

  private RawSocket connect(String serverName) throws IOException {
    SSLSocket socket = TlsFront.socket(front, TlsFront.MESH_CA.context(TlsFront.CLIENT));
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setServerNames(List.of(new SNIHostName(serverName)));
    socket.setSSLParameters(parameters);
    return new RawSocket(socket, new ArrayList<>());
  }

  @Test
  void serverNameDecidesWhereTlsGoes() throws IOException {
    try (var shop = TlsFront.secured(TlsFront.SERVER, c -> c.send("shop"));
        var other = TlsFront.secured(TlsFront.SERVER, c -> c.send("other"))) {
      passByName(shop, other);
      try (var client = connect("shop.test")) {
        assertThat(client.read(4)).isEqualTo("shop");
      }
      try (var client = connect("A.Other.Test")) {
        assertThat(client.read(5)).isEqualTo("other");
      }
      try (var client = connect("else.test")) {
        assertThatThrownBy(() -> client.send("x")).isInstanceOf(IOException.class);
      }
      assertThat(TlsFront.counters(front).refusedServers()).isEqualTo(1);
    }
  }

  @Test
  void helloInManyPiecesReachesTheServerUnchanged() throws Exception {
    byte[] hello = clientHello("shop.test");
    try (var shop =
            new RawUpstream(
                connection -> {
                  byte[] got = connection.in().readNBytes(hello.length);
                  connection.send(java.util.Arrays.equals(got, hello) ? "same" : "different");
                });
        var other = RawUpstream.ok("")) {
      passByName(shop, other);
      try (var client = front.client()) {
        for (int at = 0; at < hello.length; at += 50) {
          client.send(java.util.Arrays.copyOfRange(hello, at, Math.min(hello.length, at + 50)));
        }
        assertThat(client.readToEnd()).isEqualTo("same");
      }
    }
  }

  private static byte[] clientHello(String serverName) throws Exception {
    var engine = TlsFront.MESH_CA.context().createSSLEngine();
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setServerNames(List.of(new SNIHostName(serverName)));
    engine.setSSLParameters(parameters);
    var out = java.nio.ByteBuffer.allocate(32 << 10);
    engine.wrap(java.nio.ByteBuffer.allocate(0), out);
    byte[] octets = new byte[out.flip().remaining()];
    out.get(octets);
    return octets;
  }

  @Test
  void whatIsNoTlsOrNoWholeHelloIsClosed() throws Exception {
    byte[] hello = clientHello("shop.test");
    try (var shop = RawUpstream.ok("no");
        var other = RawUpstream.ok("no")) {
      passByName(shop, other);
      try (var client = front.client()) {
        client.send("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
        assertClosed(client);
      }
      try (var client = front.client()) {
        client.send(java.util.Arrays.copyOf(hello, hello.length - 1)).shutdownOutput();
        assertClosed(client);
      }
      assertThat(TlsFront.counters(front).handshakeFailures(TlsFailure.CLOSED)).isEqualTo(1);
      assertThat(shop.accepted() + other.accepted()).isZero();
    }
  }

  // TLS that ends here

  @Test
  void decryptedOctetsArePassedOnForAVerifiedClientAlone() throws IOException {
    try (var upstream = new RawUpstream(c -> c.send("plain " + c.read(2)))) {
      front.apply(
          new Snapshot(
              List.of(listener(Optional.of(TlsFront.mutual()), intake(to("backend")))),
              List.of(),
              List.of(Model.cluster("backend", ResilienceSettings.none(), upstream.address())),
              List.of(),
              TlsFront.secrets()));
      try (var client = TlsFront.connect(front, TlsFront.CLIENT)) {
        assertThat(client.send("hi").readToEnd()).isEqualTo("plain hi");
      }
      try (var client = TlsFront.connect(front, TlsFront.MESH_CA.context())) {
        assertThatThrownBy(
                () -> {
                  client.send("hi");
                  if (client.readToEnd().isEmpty()) {
                    throw new IOException("closed");
                  }
                })
            .isInstanceOf(IOException.class);
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(5))
          .until(() -> TlsFront.counters(front).handshakeFailures() == 1);
      assertThat(upstream.accepted()).isEqualTo(1);
    }
  }

  @Test
  void tunnelStaysOnItsConfigurationAndTheNextConnectionTakesTheNewOne() throws IOException {
    CountDownLatch go = new CountDownLatch(1);
    try (var old =
            new RawUpstream(
                c -> {
                  c.send("1");
                  awaitLatch(go);
                  c.send("2");
                });
        var next = new RawUpstream(c -> c.send("3"))) {
      passTo(old.address());
      try (var client = front.client()) {
        assertThat(client.read(1)).isEqualTo("1");
        passTo(next.address());
        try (var later = front.client()) {
          assertThat(later.readToEnd()).isEqualTo("3");
        }
        go.countDown();
        assertThat(client.readToEnd()).isEqualTo("2");
      }
    }
  }
}
