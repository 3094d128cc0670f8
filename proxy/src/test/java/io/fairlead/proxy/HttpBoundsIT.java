package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.HttpBounds;
import io.fairlead.traffic.RouteAction;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a listener lets its clients ask of HTTP. */
@Timeout(60)
@ExtendWith(LeakCheck.class)
class HttpBoundsIT {
  private static final HttpBounds BOUNDS = new HttpBounds(2, 70_000, 80_000, 3, 10, 1);
  private static final String LARGE = "x".repeat(1_100);
  private final Front front = new Front();

  @AfterEach
  void stop() {
    front.close();
  }

  private RawSocket client(RawUpstream upstream, HttpBounds bounds) throws IOException {
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes").withBounds(bounds),
            Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
            Model.cluster("backend", ResilienceSettings.none(), upstream.address())));
    return front.client();
  }

  /** Takes requests and never answers. */
  private static RawUpstream silent() throws IOException {
    return new RawUpstream(
        connection -> {
          while (!connection.readMessage().isEmpty()) {
            connection.in().mark(0);
          }
        });
  }

  /** The settings that stand in the first frame of a connection. */
  private static Map<Integer, Integer> settings(RawSocket client) throws IOException {
    ByteBuffer frame = ByteBuffer.wrap(client.in().readNBytes(9));
    int length = frame.getShort() << 8 | frame.get() & 0xff;
    ByteBuffer payload = ByteBuffer.wrap(client.in().readNBytes(length));
    Map<Integer, Integer> settings = new TreeMap<>();
    while (payload.hasRemaining()) {
      settings.put((int) payload.getShort(), payload.getInt());
    }
    return settings;
  }

  @Test
  void settingsAreAnnouncedAndChangeForNewConnections() throws Exception {
    try (var upstream = RawUpstream.ok("")) {
      try (var client = client(upstream, BOUNDS)) {
        RawHttp2.client(client);
        assertThat(settings(client)).containsEntry(3, 2).containsEntry(4, 70_000);
        assertThat(new RawHttp2(client).readAny())
            .isEqualTo("WINDOW_UPDATE 0 " + (80_000 - 65_535));
      }
      try (var client = client(upstream, HttpBounds.USUAL)) {
        RawHttp2.client(client);
        assertThat(settings(client)).containsEntry(3, 128).containsEntry(4, 256 << 10);
      }
    }
  }

  @Test
  void furtherStreamsAreRefused() throws Exception {
    try (var upstream = silent();
        var client = RawHttp2.client(client(upstream, BOUNDS))) {
      client.get(1, "/").get(3, "/").get(5, "/");
      assertThat(client.read()).isEqualTo("RST_STREAM 5 7");
    }
  }

  @Test
  void tooManyResetsEndTheConnection() throws Exception {
    try (var upstream = silent();
        var client = RawHttp2.client(client(upstream, BOUNDS))) {
      for (int stream = 1; stream <= 7; stream += 2) {
        client.get(stream, "/");
        client.frame(RawHttp2.RST_STREAM, 0, stream, RawHttp2.integer(8));
      }
      assertThat(client.read()).isEqualTo("GOAWAY 0 7 11");
    }
  }

  @Test
  void tooManyFramesThatBringNothingEndTheConnection() throws Exception {
    try (var upstream = silent();
        var client = RawHttp2.client(client(upstream, BOUNDS))) {
      for (int i = 0; i < 11; i++) {
        client.frame(RawHttp2.PRIORITY, 0, 1, new byte[5]);
      }
      String frame = client.read();
      assertThat(frame).isEqualTo("GOAWAY 0 0 11");
    }
  }

  @Test
  void largerHeadsAreRefusedInBothVersions() throws Exception {
    try (var upstream = RawUpstream.ok("ok")) {
      try (var client = client(upstream, BOUNDS)) {
        client.send("GET / HTTP/1.1\r\nHost: h\r\nX-A: b\r\n\r\n");
        assertThat(client.readMessage()).endsWith("ok");
        client.send("GET / HTTP/1.1\r\nHost: h\r\nX-A: " + LARGE + "\r\n\r\n");
        assertThat(client.readMessage()).startsWith("HTTP/1.1 431");
      }
      try (var client = RawHttp2.client(client(upstream, BOUNDS))) {
        client.get(1, "/", "x-a=" + LARGE);
        assertThat(client.read()).startsWith("HEADERS 1 :status=431");
      }
      assertThat(upstream.heads()).hasSize(1);
    }
  }
}
