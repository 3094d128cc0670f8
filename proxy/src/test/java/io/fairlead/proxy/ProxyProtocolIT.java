package io.fairlead.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.ClientTrust;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Cluster.ProxyVersion;
import io.fairlead.traffic.Intake;
import io.fairlead.traffic.Intake.ProxyHeader;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.ServerTls;
import io.fairlead.traffic.Snapshot;
import io.fairlead.traffic.TcpRoute;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The header that tells who the client is, in and out. */
@ExtendWith(LeakCheck.class)
class ProxyProtocolIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final String V1 = "PROXY TCP4 192.0.2.7 198.51.100.2 4711 443\r\n";
  private final Front front = new Front();

  @AfterEach
  void stop() {
    front.close();
  }

  /** Version 2 with a value behind the addresses. */
  static byte[] v2() {
    byte[] header = new byte[16 + 12 + 5];
    byte[] signature = "\r\n\r\n\0\r\nQUIT\n".getBytes(ISO_8859_1);
    System.arraycopy(signature, 0, header, 0, 12);
    byte[] rest = {
      0x21,
      0x11,
      0,
      17,
      (byte) 192,
      0,
      2,
      7,
      (byte) 198,
      51,
      100,
      2,
      18,
      103,
      1,
      (byte) 187,
      4,
      0,
      2,
      9,
      9
    };
    System.arraycopy(rest, 0, header, 12, rest.length);
    return header;
  }

  private void expect(
      ProxyHeader header, RawUpstream upstream, Optional<ServerTls> tls, TcpRoute... tcp) {
    var intake = new Intake(header, Intake.PlainText.REFUSED, Intake.USUAL_DETECTION, List.of(tcp));
    front.apply(
        new Snapshot(
            List.of(
                new Listener(
                    "front",
                    Model.ANY_PORT,
                    Listener.Role.GATEWAY,
                    tls,
                    List.of(),
                    tcp.length == 0 ? "routes" : "",
                    0,
                    ClientTrust.NONE,
                    Optional.of(intake))),
            List.of(
                Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend")))),
            List.of(Model.cluster("backend", ResilienceSettings.none(), upstream.address())),
            List.of(),
            TlsFront.secrets()));
  }

  @Test
  void addressOfTheHeaderIsTheClients() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      expect(ProxyHeader.REQUIRED, upstream, Optional.empty());
      for (byte[] header : List.of(V1.getBytes(ISO_8859_1), v2())) {
        try (var client = front.client()) {
          assertThat(client.send(header).send(GET).readMessage()).endsWith("hello");
          assertThat(client.send(GET).readMessage()).endsWith("hello");
        }
      }
      assertThat(upstream.heads())
          .hasSize(4)
          .allSatisfy(head -> assertThat(head).contains("x-forwarded-for: 192.0.2.7\r\n"));
    }
  }

  @Test
  void headerMayComeOctetByOctetAndTogetherWithTheRequest() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      expect(ProxyHeader.REQUIRED, upstream, Optional.empty());
      try (var client = front.client()) {
        for (byte octet : v2()) {
          client.send(new byte[] {octet});
        }
        assertThat(client.send(GET).readMessage()).endsWith("hello");
      }
      try (var client = front.client()) {
        assertThat(client.send(V1 + GET + GET).readMessage()).endsWith("hello");
        assertThat(client.readMessage()).endsWith("hello");
      }
    }
  }

  private void assertClosed(String octets, long refused) throws IOException {
    try (var client = front.client()) {
      client.send(octets);
      String answer;
      try {
        answer = client.readToEnd();
      } catch (IOException reset) {
        answer = "";
      }
      assertThat(answer).isEmpty();
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> TlsFront.counters(front).refusedHeaders() == refused);
  }

  @Test
  void missingOrBrokenHeaderClosesTheConnection() throws IOException {
    try (var upstream = RawUpstream.ok("no")) {
      expect(ProxyHeader.REQUIRED, upstream, Optional.empty());
      assertClosed(GET, 1);
      assertClosed("PROXY TCP4 192.0.2.7 198.51.100.2 4711\r\n" + GET, 2);
      assertClosed("PROXY TCP4 192.0.2.7 198.", 3);
      assertClosed("\r\n\r\n\0\r\nQUIT\n\u0031\u0011\0\0", 4);
      expect(ProxyHeader.OPTIONAL, upstream, Optional.empty());
      assertClosed("PROXY TCP9 192.0.2.7 198.51.100.2 1 2\r\n" + GET, 5);
      assertThat(upstream.heads()).isEmpty();
    }
  }

  @Test
  void optionalHeaderMayBeAbsent() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      expect(ProxyHeader.OPTIONAL, upstream, Optional.empty());
      for (String header : List.of("", V1, "PROXY UNKNOWN\r\n")) {
        try (var client = front.client()) {
          assertThat(client.send(header + GET).readMessage()).endsWith("hello");
        }
      }
      assertThat(upstream.heads().get(0)).contains("x-forwarded-for: 127.0.0.1\r\n");
      assertThat(upstream.heads().get(1)).contains("x-forwarded-for: 192.0.2.7\r\n");
      assertThat(upstream.heads().get(2)).contains("x-forwarded-for: 127.0.0.1\r\n");
    }
  }

  @Test
  void headerIsNoHeaderWhereNoneIsExpected() throws IOException {
    try (var upstream = RawUpstream.ok("no")) {
      front.sendTo(upstream.address());
      try (var client = front.client()) {
        assertThat(client.send(V1 + GET).readToEnd()).isEmpty();
      }
      assertThat(upstream.heads()).isEmpty();
    }
  }

  @Test
  void headerPrecedesTls() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      expect(ProxyHeader.REQUIRED, upstream, Optional.of(new ServerTls("own", Optional.empty())));
      Socket plain = new Socket(front.address().host(), front.address().port());
      plain.getOutputStream().write(v2());
      Socket secured =
          TlsFront.MESH_CA
              .context()
              .getSocketFactory()
              .createSocket(plain, "127.0.0.1", front.address().port(), true);
      try (var client = new RawSocket(secured, new ArrayList<>())) {
        assertThat(client.send(GET).readMessage()).endsWith("hello");
      }
      assertThat(upstream.heads().getFirst())
          .contains("x-forwarded-for: 192.0.2.7\r\n", "x-forwarded-proto: https\r\n");
    }
  }

  // Out

  private static Snapshot sending(ProxyVersion version, boolean secured, RawUpstream upstream) {
    Cluster plain = Model.cluster("backend", ResilienceSettings.none(), upstream.address());
    Cluster told =
        new Cluster(
            "backend",
            plain.discovery(),
            secured ? Optional.of(TlsFront.toBackend()) : Optional.empty(),
            Cluster.Protocol.HTTP_1,
            plain.loadBalancing(),
            Optional.empty(),
            Optional.empty(),
            ResilienceSettings.none(),
            Optional.of(version),
            Optional.empty());
    return new Snapshot(
        List.of(Model.listener("front", "routes")),
        List.of(Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend")))),
        List.of(told),
        List.of(),
        TlsFront.secrets());
  }

  @Test
  void endpointIsToldOfEachClientOnAConnectionOfItsOwn() throws IOException {
    List<String> lines = new CopyOnWriteArrayList<>();
    try (var upstream =
        new RawUpstream(
            connection -> {
              StringBuilder line = new StringBuilder();
              while (line.indexOf("\n") < 0) {
                line.append(connection.read(1));
              }
              lines.add(line.toString());
              connection.readMessage();
              connection.send(RawUpstream.okAnswer("hello"));
              connection.readMessage();
            })) {
      front.apply(sending(ProxyVersion.V1, false, upstream));
      for (int i = 0; i < 2; i++) {
        try (var client = front.client()) {
          assertThat(client.send(GET).readMessage()).endsWith("hello");
          assertThat(client.send(GET).readMessage()).endsWith("hello");
        }
      }
      assertThat(lines)
          .hasSize(4)
          .allSatisfy(
              line ->
                  assertThat(line)
                      .matches(
                          "PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 \\d+ "
                              + front.address().port()
                              + "\r\n"));
      assertThat(lines.get(0)).isEqualTo(lines.get(1)).isNotEqualTo(lines.get(2));
    }
  }

  @Test
  void binaryHeaderPrecedesTlsToTheEndpoint() throws IOException {
    List<String> headers = new CopyOnWriteArrayList<>();
    try (var upstream =
        new RawUpstream(
            connection -> {
              headers.add(connection.read(28));
              headers.add(connection.read(3));
            })) {
      front.apply(sending(ProxyVersion.V2, true, upstream));
      try (var client = front.client()) {
        client.send(GET).readMessage();
      }
      byte[] got = headers.getFirst().getBytes(ISO_8859_1);
      assertThat(headers.getFirst()).startsWith("\r\n\r\n\0\r\nQUIT\n\u0021\u0011\0\u000c");
      assertThat(java.util.Arrays.copyOfRange(got, 16, 24))
          .containsExactly(127, 0, 0, 1, 127, 0, 0, 1);
      assertThat(headers.get(1)).as("TLS follows").startsWith("\u0016\u0003");
    }
  }

  @Test
  void clientThatAProxyNamedIsPassedOn() throws IOException {
    List<String> lines = new CopyOnWriteArrayList<>();
    try (var upstream = new RawUpstream(connection -> lines.add(connection.read(V1.length())))) {
      var intake =
          new Intake(
              ProxyHeader.REQUIRED,
              Intake.PlainText.REFUSED,
              Intake.USUAL_DETECTION,
              List.of(TcpProxyIT.to("backend")));
      var snapshot = sending(ProxyVersion.V1, false, upstream);
      front.apply(
          new Snapshot(
              List.of(TcpProxyIT.listener(Optional.empty(), intake)),
              List.of(),
              snapshot.clusters(),
              List.of(),
              snapshot.secrets()));
      try (var client = front.client()) {
        assertThat(client.send(V1).readToEnd()).isEmpty();
      }
      assertThat(lines).containsExactly(V1);
    }
  }
}
