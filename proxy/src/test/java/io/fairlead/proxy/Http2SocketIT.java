package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.RouteAction;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** WebSockets on streams of HTTP/2 to endpoints (RFC 8441), frame by frame. */
@Timeout(60)
@ExtendWith(LeakCheck.class)
class Http2SocketIT {
  private static final String ASK =
      "GET /chat?a=b HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  private static final String SWITCHED =
      "HTTP/1.1 101 \r\nsec-websocket-protocol: chat\r\n"
          // The answer to the key that RFC 6455 section 1.3 gives.
          + "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
          + "connection: Upgrade\r\nupgrade: websocket\r\n\r\n";
  private static final String ASKED =
      "HEADERS 1 :method=CONNECT :protocol=websocket :scheme=http :authority=h :path=/chat?a=b"
          + " sec-websocket-version=13";
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private final Front front = new Front();

  @AfterEach
  void stop() {
    front.close();
  }

  private interface Frames {
    void run(RawHttp2 connection) throws Exception;
  }

  /** An endpoint that says this of extended CONNECT in its settings. */
  private static RawUpstream endpoint(int announced, Frames frames) throws IOException {
    return new RawUpstream(
        connection -> {
          connection.read(RawHttp2.PREFACE.length());
          var http2 = new RawHttp2(connection);
          byte[] settings = {0, 8, 0, 0, 0, (byte) announced};
          http2.frame(RawHttp2.SETTINGS, 0, 0, settings);
          try {
            frames.run(http2);
          } catch (IOException e) {
            throw e;
          } catch (Exception e) {
            throw new IOException(e);
          }
        });
  }

  /** Opens what it is asked for and sends everything back to the end of the client. */
  private void echo(RawHttp2 connection) throws Exception {
    seen.add(connection.read());
    connection.headers(1, ":status=200", "sec-websocket-protocol=chat", "sec-websocket-accept=no");
    connection.data(1, "hello");
    for (String frame = connection.read(); !frame.isEmpty(); frame = connection.read()) {
      seen.add(frame);
      if (frame.startsWith("DATA 1 end")) {
        connection.lastData(1, "bye");
      } else if (frame.startsWith("DATA 1 ")) {
        connection.data(1, frame.substring("DATA 1 ".length()));
      }
    }
  }

  private void apply(RawUpstream upstream) {
    Cluster plain = Model.cluster("backend", ResilienceSettings.none(), upstream.address());
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
            plain.withProtocol(Cluster.Protocol.HTTP_2)));
  }

  @Test
  void anUpgradeOfHttp11BecomesAStreamAndTheProxyAnswersItsKey() throws Exception {
    try (var upstream = endpoint(1, this::echo)) {
      apply(upstream);
      try (var client = front.client()) {
        assertThat(client.send(ASK + "early").readHead()).isEqualTo(SWITCHED);
        assertThat(client.read(10)).isEqualTo("helloearly");
        assertThat(client.send("\0\r\n1").read(4)).isEqualTo("\0\r\n1");
        client.shutdownOutput();
        assertThat(client.readToEnd()).isEqualTo("bye");
      }
      await().until(() -> seen.contains("DATA 1 end"));
      assertThat(seen).startsWith(ASKED, "DATA 1 early", "DATA 1 \0\r\n1", "DATA 1 end");
    }
  }

  @Test
  void aStreamOfHttp2BecomesAnotherOne() throws Exception {
    try (var upstream = endpoint(1, this::echo)) {
      apply(upstream);
      try (var client = RawHttp2.client(front.client())) {
        client.headers(
            1,
            ":method=CONNECT",
            ":protocol=websocket",
            ":scheme=http",
            ":authority=h",
            ":path=/chat?a=b",
            "sec-websocket-version=13");
        assertThat(client.read()).isEqualTo("HEADERS 1 :status=200 sec-websocket-protocol=chat");
        assertThat(client.read()).isEqualTo("DATA 1 hello");
        client.data(1, "there");
        assertThat(client.read()).isEqualTo("DATA 1 there");
        client.lastData(1, "last");
        assertThat(client.read()).isEqualTo("DATA 1 last");
        assertThat(client.read()).isEqualTo("DATA 1 bye");
        assertThat(client.read()).isEqualTo("DATA 1 end");
      }
      assertThat(seen).startsWith(ASKED);
    }
  }

  @Test
  void otherRequestsGoOnBesideIt() throws Exception {
    Frames both =
        connection -> {
          seen.add(connection.read());
          connection.headers(1, ":status=200");
          seen.add(connection.read());
          connection.headers(3, ":status=200", "content-length=2").lastData(3, "ok");
          connection.lastData(1, "end").read();
        };
    try (var upstream = endpoint(1, both)) {
      apply(upstream);
      try (var socket = front.client();
          var other = front.client()) {
        assertThat(socket.send(ASK).readHead()).startsWith("HTTP/1.1 101");
        assertThat(other.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n").readMessage()).endsWith("ok");
        assertThat(socket.readToEnd()).isEqualTo("end");
      }
      assertThat(upstream.accepted()).isEqualTo(1);
    }
  }

  @Test
  void anEndpointThatAnnouncesNothingIsNotAsked() throws Exception {
    try (var upstream = endpoint(0, this::echo)) {
      apply(upstream);
      try (var client = front.client()) {
        assertThat(client.send(ASK).readMessage())
            .startsWith("HTTP/1.1 502")
            .contains("opens no WebSockets in HTTP/2 (RFC 8441 section 3)");
      }
      assertThat(seen).noneMatch(frame -> frame.startsWith("HEADERS"));
    }
  }

  @Test
  void anotherValueOfTheSettingEndsTheConnection() throws Exception {
    try (var upstream = endpoint(2, connection -> seen.add(connection.read()))) {
      apply(upstream);
      try (var client = front.client()) {
        assertThat(client.send(ASK).readMessage()).startsWith("HTTP/1.1 502");
      }
      await().until(() -> !seen.isEmpty());
      assertThat(seen.getFirst()).isEqualTo("GOAWAY 0 0 1");
    }
  }

  @Test
  void aRefusalIsAnOrdinaryAnswer() throws Exception {
    Frames refuse =
        connection -> {
          connection.read();
          connection.headers(1, ":status=403", "content-length=2").lastData(1, "no");
          seen.add(connection.read());
        };
    try (var upstream = endpoint(1, refuse)) {
      apply(upstream);
      try (var client = front.client()) {
        assertThat(client.send(ASK).readMessage())
            .startsWith("HTTP/1.1 403")
            .doesNotContain("sec-websocket-accept")
            .endsWith("\r\n\r\nno");
      }
      await().until(() -> !seen.isEmpty());
      assertThat(seen.getFirst()).isEqualTo("RST_STREAM 1 0");
    }
  }

  @Test
  void aStreamThatIsResetResetsTheClient() throws Exception {
    Frames reset =
        connection -> {
          connection.read();
          connection.headers(1, ":status=200").data(1, "x");
          connection.read();
          connection.frame(RawHttp2.RST_STREAM, 0, 1, RawHttp2.integer(8));
          connection.read();
        };
    try (var upstream = endpoint(1, reset)) {
      apply(upstream);
      try (var client = front.client()) {
        assertThat(client.send(ASK).readHead()).startsWith("HTTP/1.1 101");
        assertThat(client.read(1)).isEqualTo("x");
        client.send("y");
        assertThatThrownBy(client::readToEnd).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void aClientThatGoesResetsTheStream() throws Exception {
    Frames listen =
        connection -> {
          connection.read();
          connection.headers(1, ":status=200");
          seen.add(connection.read());
        };
    try (var upstream = endpoint(1, listen)) {
      apply(upstream);
      try (var client = front.client()) {
        assertThat(client.send(ASK).readHead()).startsWith("HTTP/1.1 101");
        client.reset();
        await().until(() -> !seen.isEmpty());
      }
      assertThat(seen.getFirst()).isEqualTo("RST_STREAM 1 8");
    }
  }

  /** What came before the end arrives, although the endpoint drops the stream with it. */
  @Test
  void nothingIsLostWhenTheEndpointEndsTheStreamAltogether() throws Exception {
    String much = "m".repeat(16_000);
    Frames much16 =
        connection -> {
          connection.read();
          connection.headers(1, ":status=200");
          connection.data(1, much).data(1, much).data(1, much).lastData(1, "end");
          connection.frame(RawHttp2.RST_STREAM, 0, 1, RawHttp2.integer(0));
          connection.read();
        };
    try (var upstream = endpoint(1, much16)) {
      apply(upstream);
      try (var client = front.client()) {
        assertThat(client.send(ASK).readHead()).startsWith("HTTP/1.1 101");
        assertThat(client.readToEnd()).isEqualTo(much + much + much + "end");
      }
    }
  }
}
