package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.RouteAction;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every way in which a client ends in the middle of something meets every way in which an endpoint
 * does; afterwards nothing is under way, no connection is held and no permit is lost.
 */
@Timeout(120)
@ExtendWith(LeakCheck.class)
class AbruptEndsIT {
  private static final String GET = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final String POST =
      "POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 300000\r\n\r\n";
  private static final String CHUNKED =
      "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  private static final String SOCKET =
      "GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  private static final String CONNECT = "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n";
  private static final String SWITCHED =
      "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  private static final String CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
  private static final String MUCH = "z".repeat(60_000);

  private final Front front = new Front();
  private final Gauges gauges = new Gauges(front.plane());

  @AfterEach
  void stop() {
    front.close();
  }

  /** One end of a connection, and how it behaves. */
  private record End(String name, Cluster.Protocol protocol, Behaviour behaviour) {
    interface Behaviour {
      void run(RawSocket socket) throws IOException;
    }

    interface Frames {
      void run(RawHttp2 frames) throws IOException, Http2Exception;
    }

    static End plain(String name, Behaviour behaviour) {
      return new End(name, Cluster.Protocol.HTTP_1, behaviour);
    }

    static End client(String name, Frames frames) {
      return new End(name, Cluster.Protocol.HTTP_2, s -> run(frames, RawHttp2.client(s)));
    }

    static End server(String name, Frames frames) {
      return new End(name, Cluster.Protocol.HTTP_2, s -> run(frames, RawHttp2.server(s)));
    }

    private static void run(Frames frames, RawHttp2 connection) throws IOException {
      try {
        frames.run(connection);
      } catch (Http2Exception e) {
        throw new IOException(e);
      }
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static void sayAndEnd(RawSocket socket, String octets) throws IOException {
    socket.send(octets);
    socket.shutdownOutput();
    socket.readToEnd();
  }

  private static void sayAndReset(RawSocket socket, String octets) throws IOException {
    socket.send(octets);
    socket.reset();
  }

  private static void hearAndReset(RawSocket socket, String octets) throws IOException {
    socket.send(octets);
    socket.read(1);
    socket.reset();
  }

  private static List<End> clients() {
    List<End> ends = new ArrayList<>();
    String part = "10000\r\n" + MUCH;
    for (String said :
        List.of("GET /x", GET, POST, POST + MUCH, CHUNKED + part, SOCKET, CONNECT, GET + GET)) {
      String name = said.substring(0, Math.min(4, said.length())) + said.length();
      ends.add(End.plain(name + " ended", socket -> sayAndEnd(socket, said)));
      ends.add(End.plain(name + " reset", socket -> sayAndReset(socket, said)));
      if (said.length() > 10) {
        ends.add(End.plain(name + " reset when heard", socket -> hearAndReset(socket, said)));
      }
    }
    ends.add(End.client("h2 GET given up", client -> sync(reset(client.get(1, "/x"), 1))));
    ends.add(End.client("h2 GET reset", client -> client.get(1, "/x").socket().reset()));
    ends.add(
        End.client(
            "h2 GET given up when heard",
            client -> {
              client.get(1, "/x").read();
              sync(reset(client, 1));
            }));
    ends.add(
        End.client(
            "h2 POST given up",
            client -> {
              client.headers(1, RawHttp2.request("POST", "/x"));
              client.data(1, MUCH.substring(0, 16_000));
              sync(reset(client, 1));
            }));
    ends.add(
        End.client(
            "h2 POST reset",
            client -> {
              client.headers(1, RawHttp2.request("POST", "/x"));
              client.data(1, MUCH.substring(0, 16_000)).socket().reset();
            }));
    return ends;
  }

  private static RawHttp2 reset(RawHttp2 peer, int stream) throws IOException {
    return peer.frame(RawHttp2.RST_STREAM, 0, stream, RawHttp2.integer(8));
  }

  private static void sync(RawHttp2 client) throws IOException, Http2Exception {
    client.frame(RawHttp2.PING, 0, 0, new byte[8]);
    String line = client.read();
    while (!line.isEmpty() && !line.startsWith("PING")) {
      line = client.read();
    }
  }

  static Stream<End> endpoints() {
    String part = "HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + MUCH;
    String early = "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno";
    Stream<End> plain =
        Stream.of("", "HTTP/1.1 200 O", part, early, CONTINUE, SWITCHED + MUCH, GET)
            .flatMap(
                said ->
                    Stream.of(
                        End.plain(
                            said.length() + " ended",
                            socket -> {
                              socket.readHead();
                              sayAndEnd(socket, said);
                            }),
                        End.plain(
                            said.length() + " reset",
                            socket -> {
                              socket.readHead();
                              sayAndReset(socket, said);
                            })));
    Stream<End> others =
        Stream.of(
            End.plain("reset at once", RawSocket::reset),
            End.plain("closed at once", RawSocket::close),
            End.plain("silent", RawSocket::readToEnd),
            End.plain(
                "closed when used again",
                socket -> {
                  socket.readMessage();
                  socket.send(RawUpstream.okAnswer("ok"));
                  socket.readHead();
                }),
            End.server("h2 silent", server -> answer(server, stream -> {})),
            End.server("h2 reset", server -> answer(server, stream -> server.socket().reset())),
            End.server("h2 given up", server -> answer(server, stream -> reset(server, stream))),
            End.server(
                "h2 given up in its answer",
                server ->
                    answer(
                        server,
                        stream -> {
                          server.headers(stream, ":status=200");
                          reset(server.data(stream, MUCH.substring(0, 16_000)), stream);
                        })),
            End.server(
                "h2 early", server -> answer(server, s -> server.lastHeaders(s, ":status=413"))),
            End.server(
                "h2 going away",
                server -> answer(server, s -> server.frame(RawHttp2.GOAWAY, 0, 0, new byte[8]))));
    return Stream.concat(plain, others);
  }

  private interface OnHead {
    void head(int stream) throws IOException;
  }

  private static void answer(RawHttp2 server, OnHead action) throws IOException, Http2Exception {
    for (String frame = server.read(); !frame.isEmpty(); frame = server.read()) {
      if (frame.startsWith("HEADERS")) {
        action.head(Integer.parseInt(frame.split(" ")[1]));
      }
    }
  }

  private void apply(End endpoint, RawUpstream upstream) {
    var upgrades = Set.of(RouteAction.Upgrade.WEBSOCKET, RouteAction.Upgrade.CONNECT);
    var backend = List.of(new RouteAction.WeightedCluster("backend", 1));
    var forward =
        new RouteAction.Forward(backend, Optional.empty(), Optional.empty(), Optional.of(upgrades));
    var times = TimeoutSettings.defaults().withRequest(Duration.ofMillis(100));
    var resilience =
        ResilienceSettings.none()
            .withTimeout(times)
            .withBulkhead(new BulkheadSettings(1, Duration.ZERO, 0));
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", Model.route("all", "/", forward)),
            Model.cluster("backend", resilience, upstream.address())
                .withProtocol(endpoint.protocol())));
  }

  @ParameterizedTest
  @MethodSource("endpoints")
  void nothingIsLeftBehind(End endpoint) throws IOException {
    try (var upstream = new RawUpstream(endpoint.behaviour()::run)) {
      apply(endpoint, upstream);
      for (End client : clients()) {
        try (RawSocket socket = front.client()) {
          client.behaviour().run(socket);
        } catch (IOException cut) {
          assertThat(cut).as(client.name()).hasMessageMatching("(?i).*(reset|broken|closed).*");
        }
        await(client.name())
            .pollInterval(Duration.ofMillis(5))
            .untilAsserted(
                () -> assertThat(underWay()).isEqualTo("requests 0, attempts 0, used 0"));
      }
      await().until(() -> gauges.clients() == 0);
      try (RawSocket socket = front.client()) {
        assertThat(socket.send(GET).readHead())
            .as("the only place of the bulkhead is free")
            .startsWith("HTTP/1.1 ")
            .doesNotContain("bulkhead-full");
      }
    }
  }

  private String underWay() {
    return "requests %d, attempts %d, used %d"
        .formatted(gauges.requests(), gauges.attempts(), gauges.used());
  }
}
