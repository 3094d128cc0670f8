package io.fairlead.proxy;

import static io.fairlead.proxy.Waiting.awaitLatch;
import static io.fairlead.proxy.Waiting.awaitStandstill;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteAction.Upgrade;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tunnels through HTTP/1.1: WebSocket and CONNECT, octet by octet. */
@ExtendWith(LeakCheck.class)
class UpgradeIT {
  private static final String ASK =
      "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
          + "Sec-WebSocket-Key: k\r\n\r\n";
  private static final String CONNECT = "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n";
  private static final String SWITCH =
      "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-A: 1\r\n\r\n";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));

  @AfterEach
  void stop() {
    front.close();
  }

  private static Snapshot snapshot(
      RawUpstream upstream, ResilienceSettings resilience, Upgrade... allowed) {
    var forward =
        new RouteAction.Forward(
            List.of(new RouteAction.WeightedCluster("backend", 1)),
            Optional.empty(),
            Optional.empty(),
            Optional.of(Set.of(allowed)));
    return Model.snapshot(
        Model.listener("front", "routes"),
        Model.table("routes", Model.route("all", "/", forward)),
        Model.cluster("backend", resilience, upstream.address()));
  }

  /** How a tunnel is asked for. */
  enum Way {
    WEBSOCKET(ASK, SWITCH),
    CONNECTING(CONNECT, "");

    private final String request;
    private final String answer;

    Way(String request, String answer) {
      this.request = request;
      this.answer = answer;
    }

    /** Makes an endpoint that goes on with the script when the tunnel is there. */
    RawUpstream upstream(RawUpstream.Script script) throws IOException {
      return new RawUpstream(
          connection -> {
            if (!answer.isEmpty()) {
              connection.readHead();
              connection.send(answer);
            }
            script.run(connection);
          });
    }
  }

  private RawSocket open(Way way, RawUpstream upstream) throws IOException {
    front.apply(snapshot(upstream, ResilienceSettings.none(), Upgrade.WEBSOCKET, Upgrade.CONNECT));
    RawSocket client = front.client();
    client.send(way.request);
    assertThat(client.readHead())
        .startsWith(way == Way.WEBSOCKET ? "HTTP/1.1 101" : "HTTP/1.1 200");
    return client;
  }

  @Test
  void webSocketSwitchesBothSidesAndTheHeadsSaySo() throws IOException {
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  connection.send(SWITCH + "first");
                  connection.send("echo " + connection.read(4));
                });
        var client = front.client(upstream)) {
      assertThat(client.send(ASK).readHead())
          .isEqualTo(
              "HTTP/1.1 101 Switching\r\nX-A: 1\r\n"
                  + "connection: Upgrade\r\nupgrade: websocket\r\n\r\n");
      assertThat(client.read(5)).isEqualTo("first");
      assertThat(client.send("\0\r\n1").readToEnd()).isEqualTo("echo \0\r\n1");
      assertThat(upstream.heads())
          .containsExactly(
              "GET /chat HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Key: k\r\n"
                  + "connection: Upgrade\r\nupgrade: websocket\r\n\r\n");
    }
  }

  @Test
  void whatTheClientSendsTooEarlyIsHeldBackUntilTheSwitch() throws IOException {
    CountDownLatch go = new CountDownLatch(1);
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  awaitLatch(go);
                  assertThat(connection.in().available()).isZero();
                  connection.send(SWITCH);
                  connection.send("got " + connection.read(32));
                });
        var client = front.client(upstream)) {
      String early = "GET /smuggled HTTP/1.1\r\nHost: x";
      client.send(ASK + early);
      go.countDown();
      assertThat(client.readHead()).startsWith("HTTP/1.1 101");
      assertThat(client.send("\r\n\r\n").readToEnd()).isEqualTo("got " + early + "\r");
      assertThat(upstream.heads()).hasSize(1);
    }
  }

  @Test
  void refusalIsAnOrdinaryAnswerAndTheConnectionStays() throws IOException {
    try (var upstream = RawUpstream.ok("no");
        var client = front.client(upstream)) {
      assertThat(client.send(ASK).readMessage()).startsWith("HTTP/1.1 200").endsWith("no");
      assertThat(client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").readMessage()).endsWith("no");
      assertThat(upstream.accepted()).isEqualTo(1);
    }
  }

  @Test
  void octetsForATunnelThatIsRefusedAreNoRequest() throws IOException {
    try (var upstream = RawUpstream.ok("no");
        var client = front.client(upstream)) {
      client.send(ASK + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(client.readToEnd()).contains("connection: close").endsWith("\r\n\r\nno");
      assertThat(upstream.heads()).hasSize(1);
    }
  }

  @Test
  void switchThatNobodyAskedForIsAFault() throws IOException {
    try (var upstream = RawUpstream.answering(SWITCH);
        var client = front.client(upstream)) {
      assertThat(client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").readMessage())
          .startsWith("HTTP/1.1 502");
      String other = "HTTP/1.1 101 S\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n";
      upstream.script(
          connection -> {
            connection.readHead();
            connection.send(other);
          });
      assertThat(client.send(ASK).readMessage()).startsWith("HTTP/1.1 502");
    }
  }

  @Test
  void otherUpgradesAreIgnored() throws IOException {
    try (var upstream = RawUpstream.ok("plain");
        var client = front.client(upstream)) {
      client.send(
          "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
              + "HTTP2-Settings: AAMAAABk\r\n\r\n");
      assertThat(client.readMessage()).endsWith("plain");
      assertThat(upstream.heads()).containsExactly("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    }
  }

  @Test
  void routeDecidesWhatItAllows() throws IOException {
    try (var upstream = RawUpstream.ok("no")) {
      front.apply(snapshot(upstream, ResilienceSettings.none()));
      try (var client = front.client()) {
        assertThat(client.send(ASK).readMessage()).startsWith("HTTP/1.1 501");
        assertThat(client.send(CONNECT).readMessage())
            .startsWith("HTTP/1.1 405")
            .contains("allow: GET", "connection: close");
        assertThat(client.readToEnd()).isEmpty();
      }
      assertThat(upstream.heads()).isEmpty();
    }
  }

  @Test
  void upgradeWithABodyIsRefused() throws IOException {
    try (var upstream = RawUpstream.ok("no");
        var client = front.client(upstream)) {
      client.send(ASK.replace("Sec-", "Content-Length: 4\r\nSec-") + "GET ");
      assertThat(client.readToEnd()).startsWith("HTTP/1.1 400");
      assertThat(upstream.heads()).isEmpty();
    }
  }

  @Test
  void connectOpensAConnectionOfItsOwn() throws IOException {
    try (var upstream = RawUpstream.ok("http")) {
      front.apply(snapshot(upstream, ResilienceSettings.none(), Upgrade.CONNECT));
      try (var client = front.client()) {
        assertThat(client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").readMessage()).endsWith("http");
        upstream.script(connection -> connection.send("raw " + connection.read(5)));
        client.send(CONNECT + "\r\nab!");
        assertThat(client.readHead()).isEqualTo("HTTP/1.1 200 OK\r\n\r\n");
        assertThat(client.readToEnd()).isEqualTo("raw \r\nab!");
      }
      assertThat(upstream.accepted()).isEqualTo(2);
    }
  }

  @Test
  void connectThatFailsIsAnsweredAndClosed() throws IOException {
    try (var upstream = RawUpstream.ok("");
        var taken = new Socket()) {
      // Its port is taken, and nobody listens.
      taken.bind(new InetSocketAddress("127.0.0.1", 0));
      int port = taken.getLocalPort();
      var free = snapshot(upstream, ResilienceSettings.none(), Upgrade.CONNECT);
      front.apply(
          new Snapshot(
              free.listeners(),
              free.routeTables(),
              List.of(
                  Model.cluster(
                      "backend",
                      ResilienceSettings.none(),
                      new io.fairlead.traffic.HostPort("127.0.0.1", port))),
              List.of(),
              List.of()));
      try (var client = front.client()) {
        client.send(CONNECT + "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(client.readToEnd())
            .startsWith("HTTP/1.1 503")
            .contains("connect-failed", "connection: close")
            .containsOnlyOnce("HTTP/1.1");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void eachDirectionEndsByItself(Way way) throws IOException {
    try (var upstream =
            way.upstream(
                connection -> {
                  String all = connection.readToEnd();
                  connection.send("after the end: " + all);
                });
        var client = open(way, upstream)) {
      client.send("to the end").shutdownOutput();
      assertThat(client.readToEnd()).isEqualTo("after the end: to the end");
    }
    CountDownLatch ended = new CountDownLatch(1);
    StringBuilder late = new StringBuilder();
    try (var upstream =
            way.upstream(
                connection -> {
                  connection.send("early").shutdownOutput();
                  late.append(connection.readToEnd());
                  ended.countDown();
                });
        var client = open(way, upstream)) {
      assertThat(client.readToEnd()).isEqualTo("early");
      client.send("late").shutdownOutput();
      awaitLatch(ended);
      assertThat(late.toString()).isEqualTo("late");
    }
  }

  @ParameterizedTest
  @EnumSource
  void resetOfTheEndpointIsAResetForTheClient(Way way) throws IOException {
    try (var upstream =
            way.upstream(
                connection -> {
                  connection.send("x");
                  connection.read(1);
                  connection.reset();
                });
        var client = open(way, upstream)) {
      assertThat(client.read(1)).isEqualTo("x");
      client.send("y");
      assertThatThrownBy(client::readToEnd).isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void clientThatGoesTakesTheConnectionAlong(Way way) throws IOException {
    CountDownLatch gone = new CountDownLatch(1);
    try (var upstream =
            way.upstream(
                connection -> {
                  try {
                    connection.readToEnd();
                  } finally {
                    gone.countDown();
                  }
                });
        var client = open(way, upstream)) {
      client.reset();
      awaitLatch(gone);
      Awaitility.await()
          .atMost(Duration.ofSeconds(5))
          .until(() -> front.plane().ports().getFirst().openConnections() == 0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void slowSideHoldsTheOtherBack(Way way) throws Exception {
    int size = 64 << 20;
    AtomicLong sent = new AtomicLong();
    try (var upstream =
            way.upstream(
                connection -> {
                  byte[] piece = new byte[64 << 10];
                  for (int i = 0; i < size / piece.length; i++) {
                    connection.send(piece);
                    sent.addAndGet(piece.length);
                  }
                  connection.shutdownOutput();
                  connection.readToEnd();
                });
        var client = open(way, upstream)) {
      awaitStandstill(sent);
      assertThat(sent.get()).isLessThan(size / 2);
      assertThat(client.in().readAllBytes()).hasSize(size);
    }
    CountDownLatch go = new CountDownLatch(1);
    AtomicLong uploaded = new AtomicLong();
    try (var upstream =
            way.upstream(
                connection -> {
                  awaitLatch(go);
                  connection.send("" + connection.in().readAllBytes().length);
                });
        var client = open(way, upstream)) {
      Thread sender = Thread.startVirtualThread(() -> upload(client, size, uploaded));
      awaitStandstill(uploaded);
      assertThat(uploaded.get()).isLessThan(size / 2);
      go.countDown();
      assertThat(client.readToEnd()).isEqualTo("" + size);
      sender.join();
    }
  }

  private static void upload(RawSocket client, int size, AtomicLong sent) {
    byte[] piece = new byte[64 << 10];
    try {
      for (int i = 0; i < size / piece.length; i++) {
        client.send(piece);
        sent.addAndGet(piece.length);
      }
      client.shutdownOutput();
    } catch (IOException e) {
      sent.set(-1);
    }
  }

  @Test
  void idleTunnelIsClosedAndARequestTimeoutDoesNotCount() throws IOException {
    var timeout =
        new TimeoutSettings(Duration.ofMillis(100), Duration.ofSeconds(1), Duration.ofMillis(400));
    var policy = ResilienceSettings.none().withTimeout(timeout);
    try (var upstream =
        Way.WEBSOCKET.upstream(
            connection -> {
              for (int i = 0; i < 4; i++) {
                connection.send(connection.read(1));
              }
              connection.read(1);
            })) {
      front.apply(snapshot(upstream, policy, Upgrade.WEBSOCKET));
      try (var client = front.client()) {
        assertThat(client.send(ASK).readHead()).startsWith("HTTP/1.1 101");
        for (int i = 0; i < 4; i++) {
          Awaitility.await().pollDelay(Duration.ofMillis(150)).until(() -> true);
          assertThat(client.send("x").read(1)).isEqualTo("x");
        }
        assertThatThrownBy(client::readToEnd).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void openTunnelIsCountedAndOutlivesTheBeginningOfADrain() throws Exception {
    try (var upstream = Way.WEBSOCKET.upstream(connection -> connection.send(connection.read(2)));
        var client = open(Way.WEBSOCKET, upstream)) {
      client.send("a");
      assertThat(statistics()).contains("fairlead_tunnels_active{component=\"outbound\"} 1");
      assertThat(front.plane().drain(Duration.ofMillis(200))).isFalse();
      client.send("b");
      assertThat(client.readToEnd()).isEqualTo("ab");
      client.shutdownOutput();
      assertThat(front.plane().drain(Duration.ofSeconds(5))).isTrue();
      assertThat(statistics())
          .contains(
              "fairlead_tunnels_active{component=\"outbound\"} 0",
              "code_class=\"1xx\",reason=\"\"} 1");
    }
  }

  private String statistics() throws IOException {
    try (var admin = RawSocket.connect(front.plane().adminAddress())) {
      admin.send("GET /stats/prometheus HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      return new String(admin.in().readAllBytes(), ISO_8859_1);
    }
  }
}
