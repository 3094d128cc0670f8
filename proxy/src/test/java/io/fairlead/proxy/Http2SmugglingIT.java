package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests that mean one thing in HTTP/2 and another once they are HTTP/1.1 (RFC 9113 sections 8
 * and 10.3), and frames that no client may send. The upstream records every octet.
 */
@ExtendWith(LeakCheck.class)
class Http2SmugglingIT {
  private static final String RESET = "RST_STREAM 1 1";
  private static final String REFUSED = "HEADERS 1 :status=400";
  private static final String CLOSED = "GOAWAY ";
  private final Front front = new Front();

  @AfterEach
  void stop() {
    front.close();
  }

  private static String[] with(String... more) {
    return RawHttp2.request("GET", "/", more);
  }

  private static Arguments head(String name, String expected, String... fields) {
    return Arguments.of(name, fields, expected);
  }

  static Stream<Arguments> headsAndReaders() {
    return heads()
        .map(Arguments::get)
        .flatMap(
            head ->
                Arrays.stream(RecordingUpstream.Kind.values())
                    .map(kind -> Arguments.of(kind, head[0], head[1], head[2])));
  }

  private static Stream<Arguments> heads() {
    String smuggled = "a\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: h";
    return Stream.of(
        head("line break in a value", RESET, with("x=" + smuggled)),
        head("carriage return in a value", RESET, with("x=a\rb")),
        head("nul in a value", RESET, with("x=a\0b")),
        head("space before a value", RESET, with("x= a")),
        head("space after a value", RESET, with("x=a ")),
        head("line break in a name", RESET, with("x\r\ny=a")),
        head("colon in a name", RESET, with("x: y=a")),
        head("space in a name", RESET, with("x y=a")),
        head("upper case in a name", RESET, with("X-A=a")),
        head("empty name", RESET, with("=a")),
        head("transfer-encoding", RESET, with("transfer-encoding=chunked")),
        head("connection", RESET, with("connection=close")),
        head("connection names a field", RESET, with("connection=content-length")),
        head("keep-alive", RESET, with("keep-alive=timeout=5")),
        head("proxy-connection", RESET, with("proxy-connection=close")),
        head("upgrade", RESET, with("upgrade=websocket")),
        head("te other than trailers", RESET, with("te=gzip")),
        head("another host", RESET, with("host=other.example")),
        head("two lengths", RESET, with("content-length=5")),
        head("length that is none", REFUSED, with("content-length=+0")),
        head("lengths that agree", REFUSED, with("content-length=0", "content-length=0")),
        head("space in the path", REFUSED, RawHttp2.request("GET", "/a b")),
        head("line break in the path", RESET, RawHttp2.request("GET", "/ HTTP/1.1\r\nx: y")),
        head("path without slash", RESET, RawHttp2.request("GET", "a")),
        head("empty path", RESET, RawHttp2.request("GET", "")),
        head("path that is a target", RESET, RawHttp2.request("GET", "http://other/")),
        head("path that climbs", REFUSED, RawHttp2.request("GET", "/a/../../b")),
        head("fragment in the path", REFUSED, RawHttp2.request("GET", "/a#b")),
        head("space in the method", REFUSED, RawHttp2.request("GET /x HTTP/1.1", "/")),
        head("empty method", REFUSED, RawHttp2.request("", "/")),
        head("user in the authority", REFUSED, authority("user@h")),
        head("path in the authority", REFUSED, authority("h/x")),
        head("empty authority", REFUSED, authority("")),
        head("no authority", REFUSED, ":method=GET", ":scheme=http", ":path=/"),
        head("no method", RESET, ":scheme=http", ":authority=h", ":path=/"),
        head("no scheme", RESET, ":method=GET", ":authority=h", ":path=/"),
        head("no path", RESET, ":method=GET", ":scheme=http", ":authority=h"),
        head("two paths", RESET, with(":path=/b")),
        head("pseudo field after a field", RESET, with("x=y", ":path=/b")),
        head("unknown pseudo field", RESET, with(":x=y")),
        head("status in a request", RESET, with(":status=200")),
        head("protocol without extended connect", RESET, with(":protocol=websocket")));
  }

  private static String[] authority(String authority) {
    return new String[] {":method=GET", ":scheme=http", ":authority=" + authority, ":path=/"};
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("headsAndReaders")
  void whatIsNoRequestReachesNobody(
      RecordingUpstream.Kind kind, String name, String[] fields, String expected) throws Exception {
    try (var upstream = kind.start()) {
      front.apply(upstream.snapshot());
      try (var client = RawHttp2.client(front.client())) {
        client.lastHeaders(1, fields);
        assertThat(client.read()).startsWith(expected);
        client.get(3, "/next");
        String answer = client.read();
        answer = answer.startsWith("DATA 1") ? client.read() : answer;
        assertThat(answer).startsWith("HEADERS 3 :status=200");
        assertThat(upstream.requests()).containsExactly("GET /next");
      }
    }
  }

  @Test
  void aBodyThatLooksLikeARequestStaysABody() throws Exception {
    List<String> bodies = new java.util.concurrent.CopyOnWriteArrayList<>();
    String body = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: h\r\n\r\n";
    try (var upstream =
            new RawUpstream(
                connection -> {
                  for (String m = connection.readMessage(); !m.isEmpty(); ) {
                    bodies.add(m.substring(m.indexOf("\r\n\r\n") + 4));
                    connection.send(RawUpstream.okAnswer("ok"));
                    m = connection.readMessage();
                  }
                });
        var client = RawHttp2.client(front.client(upstream))) {
      client.headers(1, RawHttp2.request("POST", "/", "content-length=" + body.length()));
      client.lastData(1, body);
      client.read();
      client.read();
      client.headers(3, RawHttp2.request("POST", "/"));
      client.lastData(3, body);
      client.read();
      client.read();
      assertThat(upstream.heads()).hasSize(2).noneMatch(head -> head.contains("smuggled"));
      String chunk = Integer.toHexString(body.length()) + "\r\n" + body + "\r\n0\r\n\r\n";
      assertThat(bodies).containsExactly(body, chunk);
    }
  }

  @Test
  void aBodyLongerThanAnnouncedIsCutOff() throws Exception {
    try (var upstream = RawUpstream.ok("hello");
        var client = RawHttp2.client(front.client(upstream))) {
      client.headers(1, RawHttp2.request("POST", "/", "content-length=3"));
      client.lastData(1, "abcGET /smuggled HTTP/1.1\r\n\r\n");
      assertThat(client.read()).isEqualTo(RESET);
      client.get(3, "/");
      assertThat(client.read()).startsWith("HEADERS 3 :status=200");
      assertThat(upstream.heads()).noneMatch(head -> head.contains("smuggled"));
    }
  }

  @Test
  void aBodyShorterThanAnnouncedNeverEnds() throws Exception {
    try (var upstream = RawUpstream.ok("hello");
        var client = RawHttp2.client(front.client(upstream))) {
      client.headers(1, RawHttp2.request("POST", "/", "content-length=30"));
      client.lastData(1, "abc");
      assertThat(client.read()).isEqualTo(RESET);
      client.get(3, "/");
      assertThat(client.read()).startsWith("HEADERS 3 :status=200");
    }
  }

  @Test
  void trailersThatFrameAreLeftOut() throws Exception {
    List<String> bodies = new java.util.concurrent.CopyOnWriteArrayList<>();
    try (var upstream =
            new RawUpstream(
                connection -> {
                  String message = connection.readMessage();
                  bodies.add(message.substring(message.indexOf("\r\n\r\n") + 4));
                  connection.send(RawUpstream.okAnswer("ok"));
                });
        var client = RawHttp2.client(front.client(upstream))) {
      client.headers(1, RawHttp2.request("POST", "/")).data(1, "x");
      client.lastHeaders(1, "content-length=5", "host=other", "x-checksum=1");
      assertThat(client.read()).startsWith("HEADERS 1 :status=200");
      assertThat(bodies).containsExactly("1\r\nx\r\n0\r\nx-checksum: 1\r\n\r\n");
    }
  }

  /** Frames that end the connection; what follows the type is flags, stream, payload. */
  private record Bad(String name, int error, Frames frames) {
    @Override
    public String toString() {
      return name;
    }
  }

  private interface Frames {
    void send(RawHttp2 client) throws IOException;
  }

  static Stream<Bad> connectionFaults() {
    byte[] none = {};
    return Stream.of(
        new Bad("data on stream 0", 1, c -> c.data(0, "x")),
        new Bad("data on an idle stream", 1, c -> c.data(1, "x")),
        new Bad("head on stream 0", 1, c -> c.get(0, "/")),
        new Bad("head on an even stream", 1, c -> c.get(2, "/")),
        new Bad("stream that goes back", 5, c -> c.get(5, "/").get(3, "/")),
        new Bad("push", 1, c -> c.frame(RawHttp2.PUSH_PROMISE, 4, 1, new byte[4])),
        new Bad("continuation of nothing", 1, c -> c.frame(RawHttp2.CONTINUATION, 4, 1, none)),
        new Bad(
            "frame within a block",
            1,
            c -> c.frame(RawHttp2.HEADERS, 0, 1, none).frame(RawHttp2.PING, 0, 0, new byte[8])),
        new Bad(
            "block of another stream",
            1,
            c -> c.frame(RawHttp2.HEADERS, 0, 1, none).frame(RawHttp2.CONTINUATION, 4, 3, none)),
        new Bad("block that is none", 9, c -> c.frame(RawHttp2.HEADERS, 5, 1, new byte[] {-128})),
        new Bad("frame that is too large", 6, c -> c.frame(RawHttp2.DATA, 0, 1, 16_385, none)),
        new Bad("short settings", 6, c -> c.frame(RawHttp2.SETTINGS, 0, 0, new byte[5])),
        new Bad("settings of a stream", 1, c -> c.frame(RawHttp2.SETTINGS, 0, 1, none)),
        new Bad("acknowledgement with settings", 6, c -> c.frame(4, 1, 0, new byte[6])),
        new Bad("window above its bound", 3, c -> c.windowUpdate(0, Integer.MAX_VALUE)),
        new Bad("window that does not grow", 1, c -> c.windowUpdate(0, 0)),
        new Bad("window of an idle stream", 1, c -> c.windowUpdate(7, 1)),
        new Bad("reset of an idle stream", 1, c -> c.frame(3, 0, 1, new byte[4])),
        new Bad("short ping", 6, c -> c.frame(RawHttp2.PING, 0, 0, new byte[7])),
        new Bad("ping of a stream", 1, c -> c.frame(RawHttp2.PING, 0, 1, new byte[8])),
        new Bad("goaway of a stream", 1, c -> c.frame(RawHttp2.GOAWAY, 0, 1, new byte[8])),
        new Bad(
            "padding without end",
            1,
            c -> c.headers(1, with()).frame(RawHttp2.DATA, 8, 1, new byte[] {5, 0, 0})),
        new Bad("many pings", 11, c -> flood(c, RawHttp2.PING, 0, new byte[8])),
        new Bad("many settings", 11, c -> flood(c, RawHttp2.SETTINGS, 0, none)),
        new Bad("many priorities", 11, c -> flood(c, RawHttp2.PRIORITY, 1, new byte[5])),
        new Bad(
            "many empty data frames", 11, c -> flood(c.headers(1, with()), RawHttp2.DATA, 1, none)),
        new Bad(
            "many parts of a block",
            11,
            c -> flood(c.frame(RawHttp2.HEADERS, 0, 1, none), RawHttp2.CONTINUATION, 1, none)),
        new Bad("many resets", 11, Http2SmugglingIT::manyResets),
        new Bad("many faulty requests", 11, Http2SmugglingIT::manyFaults));
  }

  private static void flood(RawHttp2 client, int type, int stream, byte[] payload)
      throws IOException {
    for (int i = 0; i < 1_100; i++) {
      client.frame(type, 0, stream, payload);
    }
  }

  private static void manyResets(RawHttp2 client) throws IOException {
    for (int stream = 1; stream < 2_300; stream += 2) {
      client.get(stream, "/").frame(RawHttp2.RST_STREAM, 0, stream, new byte[4]);
    }
  }

  private static void manyFaults(RawHttp2 client) throws IOException {
    for (int stream = 1; stream < 2_300; stream += 2) {
      client.lastHeaders(stream, with("x y=a"));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("connectionFaults")
  void framesAgainstTheRulesEndTheConnection(Bad bad) throws Exception {
    try (var upstream = RawUpstream.ok("hello");
        var client = RawHttp2.client(front.client(upstream))) {
      try {
        bad.frames.send(client);
      } catch (IOException e) {
        assertThat(e).hasMessageMatching("Broken pipe|Connection reset.*");
      }
      String frame = client.read();
      while (!frame.startsWith(CLOSED)) {
        assertThat(frame).as("before the end").isNotEmpty();
        frame = client.read();
      }
      assertThat(frame).matches("GOAWAY 0 \\d+ " + bad.error);
    }
    try (var again = RawUpstream.ok("hello");
        var other = RawHttp2.client(front.client(again))) {
      other.get(1, "/");
      assertThat(other.read()).startsWith("HEADERS 1 :status=200");
    }
  }
}
