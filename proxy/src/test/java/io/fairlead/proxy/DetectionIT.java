package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.tls.TlsFailure;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.ClientTrust;
import io.fairlead.traffic.Intake;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.ServerTls;
import io.fairlead.traffic.Snapshot;
import io.fairlead.traffic.TcpRoute;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Several protocols on one port. */
@ExtendWith(LeakCheck.class)
class DetectionIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Duration SHORT = Duration.ofMillis(100);
  private final Front front = new Front();

  @AfterEach
  void stop() {
    front.close();
  }

  private void listen(
      RawUpstream http,
      RawUpstream tcp,
      Optional<ServerTls> tls,
      Intake.PlainText plainText,
      Duration detection,
      TcpRoute... routes) {
    var intake = new Intake(Intake.ProxyHeader.NONE, plainText, detection, List.of(routes));
    front.apply(
        new Snapshot(
            List.of(
                new Listener(
                    "front",
                    Model.ANY_PORT,
                    Listener.Role.INBOUND,
                    tls,
                    List.of(),
                    "routes",
                    0,
                    ClientTrust.NONE,
                    Optional.of(intake))),
            List.of(Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("http")))),
            List.of(
                Model.cluster("http", ResilienceSettings.none(), http.address()),
                Model.cluster("tcp", ResilienceSettings.none(), tcp.address())),
            List.of(),
            TlsFront.secrets()));
  }

  private static RawUpstream echo() throws IOException {
    return new RawUpstream(connection -> connection.send("tcp:" + connection.read(3)));
  }

  @Test
  void permissivePortServesMutualTlsAndPlainText() throws IOException {
    try (var http = RawUpstream.ok("hello");
        var tcp = echo()) {
      listen(http, tcp, Optional.of(TlsFront.mutual()), Intake.PlainText.SERVED, LONG);
      try (var client = TlsFront.connect(front, TlsFront.CLIENT)) {
        assertThat(client.send(GET).readMessage()).endsWith("hello");
      }
      try (var client = front.client()) {
        client.send("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-Client-Cert: URI=forged\r\n\r\n");
        assertThat(client.readMessage()).endsWith("hello");
        assertThat(client.send(GET).readMessage()).endsWith("hello");
      }
      assertThat(http.heads()).hasSize(3);
      assertThat(http.heads().get(0)).contains("URI=" + TlsFront.CALLER);
      assertThat(http.heads().get(1)).doesNotContain("forged").doesNotContain("client-cert");
    }
  }

  @Test
  void strictPortServesNoPlainText() throws IOException {
    try (var http = RawUpstream.ok("hello");
        var tcp = echo()) {
      listen(http, tcp, Optional.of(TlsFront.mutual()), Intake.PlainText.REFUSED, LONG);
      try (var client = front.client()) {
        client.send(GET);
        assertThat(client.readToEnd()).doesNotContain("hello");
      } catch (IOException reset) {
        assertThat(reset).hasMessageContaining("reset");
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(5))
          .until(() -> TlsFront.counters(front).handshakeFailures(TlsFailure.PLAIN_TEXT) == 1);
    }
  }

  @Test
  void httpIsToldFromEverythingElse() throws IOException {
    try (var http = RawUpstream.ok("hello");
        var tcp = echo()) {
      listen(http, tcp, Optional.empty(), Intake.PlainText.REFUSED, LONG, TcpProxyIT.to("tcp"));
      for (String request : List.of(GET, "DELETE /x HTTP/1.1\r\nHost: h\r\n\r\n")) {
        try (var client = front.client()) {
          assertThat(client.send(request).readMessage()).endsWith("hello");
        }
      }
      for (String other :
          List.of("SSH", "\0\0\u0001", "get", "GET key\r\n", "\u0016\u0003\u0001")) {
        try (var client = front.client()) {
          assertThat(client.send(other).read(4)).as(other).isEqualTo("tcp:");
        }
      }
    }
  }

  @Test
  void requestLineMayComeOctetByOctet() throws IOException {
    try (var http = RawUpstream.ok("hello");
        var tcp = echo()) {
      listen(http, tcp, Optional.empty(), Intake.PlainText.REFUSED, LONG, TcpProxyIT.to("tcp"));
      try (var client = front.client()) {
        for (char octet : GET.toCharArray()) {
          client.send("" + octet);
        }
        assertThat(client.readMessage()).endsWith("hello");
      }
      assertThat(http.heads()).hasSize(1);
    }
  }

  @Test
  void prefaceOfHttp2IsHttp() throws IOException {
    try (var http = RawUpstream.ok("hello");
        var tcp = echo()) {
      listen(http, tcp, Optional.empty(), Intake.PlainText.REFUSED, LONG, TcpProxyIT.to("tcp"));
      try (var client = front.client()) {
        client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").shutdownOutput();
        client.readToEnd();
      }
      assertThat(tcp.accepted()).isZero();
    }
  }

  @Test
  void silenceIsTcpInWhichTheServerSpeaksFirst() throws IOException {
    try (var http = RawUpstream.ok("hello");
        var tcp = new RawUpstream(connection -> connection.send("220 mail\r\n"))) {
      for (Duration detection : List.of(SHORT, Duration.ZERO)) {
        listen(
            http, tcp, Optional.empty(), Intake.PlainText.REFUSED, detection, TcpProxyIT.to("tcp"));
        try (var client = front.client()) {
          assertThat(client.readToEnd()).isEqualTo("220 mail\r\n");
        }
      }
    }
  }

  @Test
  void halfARequestLineIsTcpWhenTimeIsUp() throws IOException {
    try (var http = RawUpstream.ok("hello");
        var tcp = echo()) {
      listen(http, tcp, Optional.empty(), Intake.PlainText.REFUSED, SHORT, TcpProxyIT.to("tcp"));
      try (var client = front.client()) {
        assertThat(client.send("GET").read(7)).isEqualTo("tcp:GET");
      }
      try (var client = front.client()) {
        client.send("PUT").shutdownOutput();
        assertThat(client.readToEnd()).isEqualTo("tcp:PUT");
      }
    }
  }

  @Test
  void tlsThatEndsHereAndTlsThatGoesOnShareAPort() throws IOException {
    try (var http = RawUpstream.ok("hello");
        var tcp = TlsFront.secured(TlsFront.SERVER, connection -> connection.send("through"))) {
      listen(
          http,
          tcp,
          Optional.of(TlsFront.mutual()),
          Intake.PlainText.REFUSED,
          LONG,
          TcpProxyIT.to("tcp", "through.test"));
      try (var client = TlsFront.connect(front, TlsFront.CLIENT)) {
        assertThat(client.send(GET).readMessage()).endsWith("hello");
      }
      var socket = TlsFront.socket(front, TlsFront.MESH_CA.context(TlsFront.CLIENT));
      var parameters = socket.getSSLParameters();
      parameters.setServerNames(List.of(new javax.net.ssl.SNIHostName("through.test")));
      socket.setSSLParameters(parameters);
      try (var client = new RawSocket(socket, new java.util.ArrayList<>())) {
        assertThat(client.read(7)).isEqualTo("through");
      }
    }
  }

  @Test
  void silentClientOfAPermissivePortIsClosedWhenIdle() throws IOException {
    try (var http = RawUpstream.ok("hello");
        var tcp = echo()) {
      listen(http, tcp, Optional.of(TlsFront.mutual()), Intake.PlainText.SERVED, LONG);
      try (var client = front.client()) {
        assertThat(client.readToEnd()).isEmpty();
      }
    }
  }

  @Test
  void drainClosesWhatHasNotSpokenYet() throws Exception {
    try (var http = RawUpstream.ok("hello");
        var tcp = echo()) {
      listen(http, tcp, Optional.empty(), Intake.PlainText.REFUSED, LONG, TcpProxyIT.to("tcp"));
      try (var client = front.client()) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(5))
            .until(() -> front.plane().ports().getFirst().openConnections() == 1);
        assertThat(front.plane().drain(Duration.ofSeconds(5))).isTrue();
        assertThat(client.readToEnd()).isEmpty();
      }
    }
  }
}
