package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteAction.Upgrade;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** WebSockets and CONNECT on streams of HTTP/2 (RFC 8441, RFC 9113 section 8.5). */
@ExtendWith(LeakCheck.class)
class Http2TunnelIT {
  private static final String SWITCH =
      "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Accept: a\r\nSec-WebSocket-Protocol: chat\r\n\r\n";
  private static final String[] OPEN = {
    ":method=CONNECT",
    ":protocol=websocket",
    ":scheme=http",
    ":authority=h",
    ":path=/chat?a=b",
    "sec-websocket-version=13"
  };
  private final Front front = new Front();

  @AfterEach
  void stop() {
    front.close();
  }

  private RawHttp2 client(RawUpstream upstream, Upgrade... allowed) throws IOException {
    var forward =
        new RouteAction.Forward(
            List.of(new RouteAction.WeightedCluster("backend", 1)),
            Optional.empty(),
            Optional.empty(),
            Optional.of(Set.of(allowed)));
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", Model.route("all", "/", forward)),
            Model.cluster("backend", ResilienceSettings.none(), upstream.address())));
    return RawHttp2.client(front.client());
  }

  /** Switches, and sends back what comes, four octets at a time, to the end. */
  private static RawUpstream echo() throws IOException {
    return new RawUpstream(
        connection -> {
          connection.readHead();
          connection.send(SWITCH + "hello");
          for (String part = connection.read(4); !part.isEmpty(); part = connection.read(4)) {
            connection.send(part);
          }
        });
  }

  @Test
  void aWebSocketGoesOverAStreamUntilBothSidesEnd() throws Exception {
    try (var upstream = echo();
        var client = client(upstream, Upgrade.WEBSOCKET)) {
      client.headers(1, OPEN).data(1, "earl");
      assertThat(client.read()).isEqualTo("HEADERS 1 :status=200 sec-websocket-protocol=chat");
      assertThat(client.read()).isEqualTo("DATA 1 hello");
      assertThat(client.read()).isEqualTo("DATA 1 earl");
      client.data(1, "\0\r\n1");
      assertThat(client.read()).isEqualTo("DATA 1 \0\r\n1");
      client.lastData(1, "last");
      assertThat(client.read()).isEqualTo("DATA 1 last");
      assertThat(client.read()).isEqualTo("DATA 1 end");
      assertThat(upstream.heads().getFirst())
          .startsWith("GET /chat?a=b HTTP/1.1\r\nhost: h\r\n")
          .contains("connection: Upgrade\r\nupgrade: websocket\r\n")
          .containsPattern("sec-websocket-key: [A-Za-z0-9+/]{22}==\r\n");
    }
  }

  @Test
  void anAnswerThatSwitchesNothingIsOrdinary() throws Exception {
    try (var upstream = RawUpstream.answering("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
        var client = client(upstream, Upgrade.WEBSOCKET)) {
      client.headers(1, OPEN);
      assertThat(client.read()).isEqualTo("HEADERS 1 :status=403 content-length=2");
      assertThat(client.read()).isEqualTo("DATA 1 end no");
    }
  }

  @Test
  void whatIsNotAllowedIsRefused() throws Exception {
    try (var upstream = echo();
        var client = client(upstream)) {
      client.headers(1, OPEN);
      assertThat(client.read()).startsWith("HEADERS 1 :status=501");
      client.read();
      String[] other = OPEN.clone();
      other[1] = ":protocol=connect-udp";
      client.headers(3, other);
      String next = client.read();
      assertThat(next.startsWith("RST_STREAM 1") ? client.read() : next)
          .startsWith("HEADERS 3 :status=501");
      assertThat(upstream.heads()).isEmpty();
    }
  }

  @Test
  void connectJoinsAStreamWithAnEndpoint() throws Exception {
    try (var upstream =
            new RawUpstream(connection -> connection.send("echo " + connection.read(4)));
        var client = client(upstream, Upgrade.CONNECT)) {
      client.headers(1, ":method=CONNECT", ":authority=h:80");
      assertThat(client.read()).isEqualTo("HEADERS 1 :status=200");
      client.data(1, "ping");
      assertThat(client.read()).isEqualTo("DATA 1 echo ping");
      assertThat(client.read()).isEqualTo("DATA 1 end");
    }
  }
}
