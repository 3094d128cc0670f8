package io.fairlead.proxy;

import static io.fairlead.proxy.TlsFront.CALLER;
import static io.fairlead.proxy.TlsFront.CLIENT;
import static io.fairlead.proxy.TlsFront.ME;
import static io.fairlead.proxy.TlsFront.MESH_CA;
import static io.fairlead.proxy.TlsFront.OTHER_CA;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.proxy.Authority.Identity;
import io.fairlead.proxy.tls.TlsFailure;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.ServerTls;
import io.fairlead.traffic.StringMatch;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** TLS with clients of the platform's own implementation. */
@ExtendWith(LeakCheck.class)
class ServerTlsIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));

  @AfterEach
  void stop() {
    front.close();
  }

  @Test
  void verifiedCallerIsServedAndTold() throws IOException {
    for (String version : new String[] {"TLSv1.3", "TLSv1.2"}) {
      try (var upstream = RawUpstream.ok("hello")) {
        front.apply(TlsFront.inbound(upstream));
        try (var client = TlsFront.connect(front, MESH_CA.context(CLIENT), version)) {
          for (int i = 0; i < 3; i++) {
            assertThat(client.send(GET).readMessage()).endsWith("hello");
          }
        }
        assertThat(upstream.heads())
            .hasSize(3)
            .allSatisfy(
                head ->
                    assertThat(head)
                        .contains("x-forwarded-client-cert: By=" + ME + ";URI=" + CALLER + "\r\n"));
      }
    }
  }

  @Test
  void callersThatProveNothingAreRefusedWithReason() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(TlsFront.inbound(upstream));
      assertRefused(TlsFailure.NO_CERTIFICATE, MESH_CA.context());
      assertRefused(TlsFailure.UNTRUSTED, trusting(OTHER_CA.identity(CALLER)));
      Identity expired = MESH_CA.identity(CALLER, Duration.ofMinutes(30));
      assertRefused(TlsFailure.EXPIRED, trusting(expired));
      assertRefused(TlsFailure.IDENTITY, trusting(MESH_CA.identity("spiffe://else.test/ns/a")));
      assertThat(upstream.heads()).isEmpty();
    }
  }

  private static SSLContext trusting(Identity own) {
    return MESH_CA.context(own);
  }

  private void assertRefused(TlsFailure why, SSLContext context) {
    assertThatThrownBy(() -> ask(context)).isInstanceOf(IOException.class);
    awaitCounted(why);
  }

  private void ask(SSLContext context) throws IOException {
    try (var client = TlsFront.connect(front, context)) {
      client.send(GET);
      assertThat(client.readToEnd()).isEmpty();
      throw new IOException("closed");
    }
  }

  private void awaitCounted(TlsFailure why) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> TlsFront.counters(front).handshakeFailures(why) == 1);
    assertThat(TlsFront.counters(front).failures()).isZero();
  }

  @Test
  void onlyWantedCallersAreServed() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      var tls = TlsFront.mutual(new StringMatch.Suffix("/sa/cart"));
      front.apply(
          TlsFront.snapshot(
              TlsFront.listener(Optional.of(tls), Listener.Role.INBOUND),
              TlsFront.cluster(Optional.empty(), upstream.address()),
              TlsFront.secrets()));
      try (var client = TlsFront.connect(front, CLIENT)) {
        assertThat(client.send(GET).readMessage()).endsWith("hello");
      }
      assertRefused(TlsFailure.IDENTITY, trusting(TlsFront.SERVER));
    }
  }

  @Test
  void plainTextGetsNoAnswer() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(TlsFront.inbound(upstream));
      try (var client = front.client()) {
        assertThat(client.send(GET).readToEnd()).doesNotContain("HTTP");
      }
      awaitCounted(TlsFailure.PLAIN_TEXT);
      try (var admin = RawSocket.connect(front.plane().adminAddress())) {
        admin.send("GET /stats/prometheus HTTP/1.1\r\nHost: admin\r\n\r\n");
        assertThat(admin.readMessage())
            .contains(
                "fairlead_downstream_handshake_failures_total"
                    + "{listener=\"front\",reason=\"plain-text\"} 1");
      }
      assertThat(upstream.accepted()).isZero();
    }
  }

  @Test
  void halfHandshakeIsCutOff() throws IOException {
    try (var impatient = new Front();
        var upstream = RawUpstream.ok("hello")) {
      impatient.apply(TlsFront.inbound(upstream));
      try (var silent = impatient.client();
          var slow = impatient.client()) {
        // The beginning of a record that promises 512 octets of a ClientHello.
        slow.send(new byte[] {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3});
        assertThat(slow.readToEnd()).isEmpty();
        assertThat(silent.readToEnd()).isEmpty();
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(5))
          .until(() -> TlsFront.counters(impatient).handshakeFailures(TlsFailure.TIMEOUT) == 2);
    }
  }

  @Test
  void oldVersionsAreRefused() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(TlsFront.inbound(upstream));
      for (int minor = 1; minor <= 2; minor++) {
        try (var client = front.client()) {
          String answer = client.send(clientHello(minor)).readToEnd();
          // A record of type alert, fatal, protocol_version (RFC 8446 section 6.2).
          assertThat(answer).hasSize(7).startsWith("\u0015").endsWith("\u0002\u0046");
        }
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(5))
          .until(() -> TlsFront.counters(front).handshakeFailures(TlsFailure.PROTOCOL) == 2);
    }
  }

  /** A ClientHello of TLS 1.0 or 1.1 with one suite and no extension. */
  private static byte[] clientHello(int minor) {
    byte[] body = new byte[2 + 32 + 1 + 2 + 2 + 2];
    body[0] = 3;
    body[1] = (byte) minor;
    // One suite, ECDHE_RSA_WITH_AES_128_CBC_SHA, and one compression method, none.
    byte[] rest = {0, 2, (byte) 0xc0, 0x13, 1, 0};
    System.arraycopy(rest, 0, body, 35, rest.length - 2);
    body[39] = 1;
    byte[] record = new byte[5 + 4 + body.length];
    record[0] = 22;
    record[1] = 3;
    record[2] = (byte) minor;
    record[4] = (byte) (4 + body.length);
    record[5] = 1;
    record[8] = (byte) body.length;
    System.arraycopy(body, 0, record, 9, body.length);
    return record;
  }

  @Test
  void listenerWithoutValidationServesEverybodyAsNobody() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(
          TlsFront.snapshot(
              TlsFront.listener(
                  Optional.of(new ServerTls("own", Optional.empty())), Listener.Role.GATEWAY),
              TlsFront.cluster(Optional.empty(), upstream.address()),
              TlsFront.secrets()));
      try (var client = TlsFront.connect(front)) {
        client.send("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-Client-Cert: URI=" + CALLER);
        assertThat(client.send("\r\n\r\n").readMessage()).endsWith("hello");
      }
      assertThat(upstream.heads())
          .singleElement()
          .asString()
          .contains("x-forwarded-proto: https")
          .doesNotContainIgnoringCase("x-forwarded-client-cert");
    }
  }

  @Test
  void whatTheCallerSaysOfItselfIsTakenAway() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(TlsFront.inbound(upstream));
      try (var client = TlsFront.connect(front, CLIENT)) {
        client.send(
            "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-Client-Cert: By=a;URI=b\r\n"
                + "x-forwarded-client-cert: By=c;URI=d\r\n\r\n");
        assertThat(client.readMessage()).endsWith("hello");
      }
      assertThat(upstream.heads())
          .containsExactly(
              "GET / HTTP/1.1\r\nHost: h\r\n"
                  + "x-forwarded-client-cert: By="
                  + ME
                  + ";URI="
                  + CALLER
                  + "\r\n\r\n");
    }
  }

  @Test
  void plainInboundTellsNothingAndTakesAway() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(
          TlsFront.snapshot(
              TlsFront.listener(Optional.empty(), Listener.Role.INBOUND),
              TlsFront.cluster(Optional.empty(), upstream.address()),
              List.of()));
      try (var client = front.client()) {
        client.send("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-Client-Cert: URI=b\r\n\r\n");
        assertThat(client.readMessage()).endsWith("hello");
      }
      assertThat(upstream.heads()).containsExactly(GET);
    }
  }

  @Test
  void resumedSessionIsServedAsTheSameCaller() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(TlsFront.inbound(upstream));
      SSLContext context = MESH_CA.context(CLIENT);
      byte[] first = session(context);
      assertThat(session(context)).isEqualTo(first);
      assertThat(upstream.heads())
          .hasSize(2)
          .allSatisfy(head -> assertThat(head).contains(";URI=" + CALLER));
    }
  }

  @Test
  void resumptionEndsWithTheCertificate() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(TlsFront.inbound(upstream));
      Identity shortLived = MESH_CA.identity(CALLER, Duration.ofHours(1).plusSeconds(3));
      List<SSLContext> contexts = new ArrayList<>();
      for (String version : new String[] {"TLSv1.2", "TLSv1.3"}) {
        SSLContext context = MESH_CA.context(shortLived);
        try (var client = TlsFront.connect(front, context, version)) {
          assertThat(client.send(GET).readMessage()).endsWith("hello");
        }
        contexts.add(context);
      }
      Instant end = shortLived.chain().getFirst().getNotAfter().toInstant();
      Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> Instant.now().isAfter(end));
      for (SSLContext context : contexts) {
        assertThatThrownBy(() -> ask(context)).isInstanceOf(IOException.class);
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(5))
          .until(() -> TlsFront.counters(front).handshakeFailures(TlsFailure.EXPIRED) == 2);
    }
  }

  private byte[] session(SSLContext context) throws IOException {
    SSLSocket socket = TlsFront.socket(front, context, "TLSv1.2");
    try (var client = new RawSocket(socket, new ArrayList<>())) {
      assertThat(client.send(GET).readMessage()).endsWith("hello");
      return socket.getSession().getId();
    }
  }

  @Test
  void clientsWithoutHttp2GetHttp11() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(TlsFront.inbound(upstream));
      SSLSocket socket = TlsFront.socket(front, MESH_CA.context(CLIENT));
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"http/1.1"});
      socket.setSSLParameters(parameters);
      try (var client = new RawSocket(socket, new ArrayList<>())) {
        assertThat(client.send(GET).readMessage()).endsWith("hello");
        assertThat(socket.getApplicationProtocol()).isEqualTo("http/1.1");
        assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.3");
      }
    }
  }

  @Test
  void earlyAnswerIsReadToItsEndAndSaysThatItEnds() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(TlsFront.inbound(upstream));
      try (var client = TlsFront.connect(front, CLIENT)) {
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n");
        assertThat(client.readMessage()).startsWith("HTTP/1.1 400");
        assertThat(client.readToEnd()).isEmpty();
        // The proxy still reads what was under way, for else the answer could be lost by a reset.
        for (int i = 0; i < 10; i++) {
          client.send("x".repeat(1_000));
        }
      }
    }
  }

  @Test
  void jdkClientIsServed() throws Exception {
    try (var upstream =
            new RawUpstream(
                connection -> {
                  for (String m = connection.readMessage();
                      !m.isEmpty();
                      m = connection.readMessage()) {
                    connection.send(RawUpstream.okAnswer(m.substring(m.indexOf("\r\n\r\n") + 4)));
                  }
                });
        var http = HttpClient.newBuilder().sslContext(MESH_CA.context(CLIENT)).build()) {
      Identity own = MESH_CA.server();
      front.apply(
          TlsFront.snapshot(
              TlsFront.listener(Optional.of(TlsFront.mutual()), Listener.Role.INBOUND),
              TlsFront.cluster(Optional.empty(), upstream.address()),
              List.of(own.secret("own"), MESH_CA.roots("roots", TlsFront.MESH))));
      String body = "x".repeat(300_000);
      for (int i = 0; i < 5; i++) {
        var response =
            http.send(
                HttpRequest.newBuilder(URI.create("https://" + front.address() + "/echo"))
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString(ISO_8859_1));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo(body);
      }
    }
  }
}
