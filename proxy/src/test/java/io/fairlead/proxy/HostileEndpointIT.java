package io.fairlead.proxy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.RouteAction;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.SocketException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What endpoints may send that costs them little or that nobody has asked for: each is bounded,
 * named in the log, and harms no request but those that it answers.
 */
@ExtendWith(LeakCheck.class)
class HostileEndpointIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final String HEAD = "HTTP/1.1 200 OK\r\n";
  private static final int MANY = 20_000;

  /** More than can be under way to a stream that was closed, of frames with an octet each. */
  private static final int IGNORED = 40_000;

  private static final String NOTHING = "ENHANCE_YOUR_CALM, too many frames that bring nothing";
  private static final String STREAM = "PROTOCOL_ERROR, what came on a stream";
  private static final String UNASKED = "octets came that no request had asked for";

  private final PrintStream before = System.err;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final Front front = new Front();
  private final AtomicInteger connections = new AtomicInteger();

  @BeforeEach
  void capture() {
    System.setErr(new PrintStream(log, true, UTF_8));
  }

  @AfterEach
  void stop() {
    front.close();
    System.setErr(before);
  }

  /** What an endpoint does when two requests have come, on streams 1 and 3. */
  private interface Attack {
    void run(RawHttp2 connection) throws IOException;

    /** Does it again and again. */
    default Attack many(int times) {
      return connection -> {
        for (int i = 0; i < times; i++) {
          run(connection);
        }
      };
    }

    default Attack then(Attack next) {
      return connection -> {
        run(connection);
        next.run(connection);
      };
    }
  }

  private static Attack frame(int type, int flags, int stream, byte... payload) {
    return connection -> connection.frame(type, flags, stream, payload);
  }

  private static Attack begin() {
    return connection -> connection.headers(1, ":status=200");
  }

  private static Attack answer() {
    return connection -> connection.lastHeaders(1, ":status=200");
  }

  /** Name, line in the log, and the attack without end: the connection ends for it. */
  static Stream<Arguments> floods() {
    byte[] one = RawHttp2.integer(1);
    byte[] last = new byte[8];
    System.arraycopy(RawHttp2.integer(Integer.MAX_VALUE), 0, last, 0, 4);
    byte[] padding = new byte[101];
    padding[0] = 100;
    return Stream.of(
        arguments("RST_STREAM", NOTHING, frame(RawHttp2.RST_STREAM, 0, 1, one).many(MANY)),
        arguments("SETTINGS", NOTHING, frame(RawHttp2.SETTINGS, 0, 0).many(MANY)),
        arguments("PING", NOTHING, frame(RawHttp2.PING, 0, 0, new byte[8]).many(MANY)),
        arguments("PING answered", NOTHING, frame(RawHttp2.PING, 1, 0, new byte[8]).many(MANY)),
        arguments("PRIORITY", NOTHING, frame(RawHttp2.PRIORITY, 0, 1, new byte[5]).many(MANY)),
        arguments("an unknown type", NOTHING, frame(10, 0, 0).many(MANY)),
        arguments("GOAWAY", NOTHING, frame(RawHttp2.GOAWAY, 0, 0, last).many(MANY)),
        arguments("WINDOW_UPDATE", NOTHING, frame(RawHttp2.WINDOW_UPDATE, 0, 0, one).many(MANY)),
        arguments(
            "WINDOW_UPDATE of a stream",
            NOTHING,
            frame(RawHttp2.WINDOW_UPDATE, 0, 1, one).many(MANY)),
        arguments("empty DATA", NOTHING, begin().then(frame(RawHttp2.DATA, 0, 1).many(MANY))),
        arguments(
            "DATA of padding",
            NOTHING,
            begin().then(frame(RawHttp2.DATA, 8, 1, padding).many(MANY))),
        arguments(
            "DATA of a closed stream",
            "ENHANCE_YOUR_CALM, too much data for streams that are closed",
            answer().then(frame(RawHttp2.DATA, 0, 1, (byte) 'x').many(IGNORED))),
        arguments(
            "ends of a closed stream",
            "ENHANCE_YOUR_CALM, too much data for streams that are closed",
            answer().then(frame(RawHttp2.DATA, 1, 1).many(IGNORED))),
        arguments("answers of a closed stream", NOTHING, answer().many(MANY)));
  }

  /** The same of what breaks a rule once. */
  static Stream<Arguments> faults() {
    return Stream.of(
        arguments(
            "HEADERS that continue for ever",
            "ENHANCE_YOUR_CALM, a header block is too large",
            frame(RawHttp2.HEADERS, 0, 1).then(frame(RawHttp2.CONTINUATION, 0, 1).many(100))),
        arguments(
            "a header block that is too long",
            "ENHANCE_YOUR_CALM, a header block is too large",
            frame(RawHttp2.HEADERS, 0, 1)
                .then(frame(RawHttp2.CONTINUATION, 0, 1, new byte[16_000]).many(3))),
        arguments(
            "PUSH_PROMISE",
            "PROTOCOL_ERROR, nothing may be pushed here",
            frame(RawHttp2.PUSH_PROMISE, 4, 1, RawHttp2.integer(2))),
        arguments(
            "an answer before its request",
            "PROTOCOL_ERROR, stream 5 was not opened",
            (Attack) connection -> connection.lastHeaders(5, ":status=200")),
        arguments(
            "a body before its request",
            "PROTOCOL_ERROR, data may not stand here",
            frame(RawHttp2.DATA, 0, 5)),
        arguments(
            "no header block",
            "COMPRESSION_ERROR, a header block cannot be decompressed",
            frame(RawHttp2.HEADERS, 4, 1, (byte) 0xff, (byte) 0xff)),
        arguments(
            "a frame that is too large",
            "FRAME_SIZE_ERROR, a frame of 16385 octets is too large",
            frame(RawHttp2.DATA, 0, 1, new byte[16_385])));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"floods", "faults"})
  void connectionEndsAndWhatElseIsOnItIsTriedAgain(String name, String line, Attack attack)
      throws Exception {
    try (var upstream = upstream(attack)) {
      apply(ResilienceSettings.none().withRetry(RetrySettings.defaults()), upstream);
      try (var client = RawHttp2.client(front.client())) {
        client.get(1, "/").get(3, "/");
        awaitAnswer(client, 3);
        awaitLog(line);
        client.get(5, "/");
        awaitAnswer(client, 5);
        assertThat(upstream.accepted()).as(name).isEqualTo(2);
      }
    }
  }

  /** Name, line in the log, and the attack: only its stream ends for it. */
  static Stream<Arguments> streamAttacks() {
    String[] fields = new String[101];
    Arrays.setAll(fields, i -> i == 0 ? ":status=200" : "f" + i + "=v");
    String[] more = Stream.concat(Stream.of(fields), Stream.of("x=y")).toArray(String[]::new);
    return Stream.of(
        arguments(
            "1xx without end",
            "unexpected status 103",
            ((Attack) connection -> connection.headers(1, ":status=103")).many(100)),
        arguments(
            "a head with too many fields",
            "the head has more fields than the limit",
            (Attack) connection -> connection.headers(1, more)),
        arguments(
            "trailers that do not end the stream",
            STREAM,
            begin().then(connection -> connection.headers(1, "a=b"))),
        arguments(
            "trailers that are too long",
            STREAM,
            begin().then(connection -> connection.lastHeaders(1, "a=" + "b".repeat(9_000)))),
        arguments("DATA before its head", STREAM, (Attack) connection -> connection.data(1, "x")),
        arguments(
            "a window that is not widened",
            STREAM,
            frame(RawHttp2.WINDOW_UPDATE, 0, 1, RawHttp2.integer(0))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("streamAttacks")
  void streamEndsAndOthersGoOn(String name, String line, Attack attack) throws Exception {
    Attack whole = attack.then(connection -> connection.lastHeaders(3, ":status=204"));
    try (var upstream = upstream(whole)) {
      apply(ResilienceSettings.none(), upstream);
      try (var client = RawHttp2.client(front.client())) {
        client.get(1, "/").get(3, "/");
        String all = awaitAnswer(client, 3);
        assertThat(all).contains("HEADERS 3 end :status=204").doesNotContain("HEADERS 1 end");
        awaitLog(line);
        assertThat(upstream.accepted()).as(name).isEqualTo(1);
      }
    }
  }

  private RawUpstream upstream(Attack attack) throws IOException {
    return new RawUpstream(
        socket -> {
          try {
            boolean hostile = connections.incrementAndGet() == 1;
            RawHttp2 connection = RawHttp2.server(socket);
            if (hostile) {
              connection.read();
              connection.read();
              attack.run(connection);
            }
            answerAll(connection);
          } catch (Http2Exception e) {
            throw new IOException(e);
          }
        });
  }

  private static void answerAll(RawHttp2 connection) throws IOException, Http2Exception {
    for (String frame = connection.read(); !frame.isEmpty(); frame = connection.read()) {
      if (frame.startsWith("HEADERS")) {
        connection.lastHeaders(Integer.parseInt(frame.split(" ")[1]), ":status=200");
      }
    }
  }

  private void apply(ResilienceSettings resilience, RawUpstream upstream) {
    Cluster cluster = Model.cluster("backend", resilience, upstream.address());
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
            cluster.withProtocol(Cluster.Protocol.HTTP_2)));
  }

  /** Reads until that stream is answered well; all that was read. */
  private static String awaitAnswer(RawHttp2 client, int stream) throws Exception {
    StringBuilder all = new StringBuilder();
    String frame;
    do {
      frame = client.read();
      assertThat(frame).as("after " + all).isNotEmpty();
      all.append(frame).append('\n');
    } while (!frame.startsWith("HEADERS " + stream + " end :status=20"));
    return all.toString();
  }

  private void awaitLog(String line) {
    await().untilAsserted(() -> assertThat(log.toString(UTF_8)).contains("backend-0", line));
  }

  @Test
  void connectionEndsWhenTooManyStreamsAreReset() throws Exception {
    try (var upstream =
        new RawUpstream(
            socket -> {
              boolean hostile = connections.incrementAndGet() == 1;
              RawHttp2 connection = RawHttp2.server(socket);
              try {
                while (hostile) {
                  int stream = Integer.parseInt(connection.read().split(" ")[1]);
                  connection.frame(RawHttp2.RST_STREAM, 0, stream, RawHttp2.integer(2));
                }
                answerAll(connection);
              } catch (Http2Exception e) {
                throw new IOException(e);
              }
            })) {
      apply(ResilienceSettings.none(), upstream);
      try (var client = front.client()) {
        for (int i = 0; i <= 1_000; i++) {
          assertThat(client.send(GET).readMessage()).startsWith("HTTP/1.1 502");
        }
        awaitLog("ENHANCE_YOUR_CALM, too many streams were reset");
        assertThat(client.send(GET).readMessage()).startsWith("HTTP/1.1 200");
      }
    }
  }

  @Test
  void endpointThatAnswersAsManyAsItResetsKeepsItsConnection() throws Exception {
    try (var upstream =
        new RawUpstream(
            socket -> {
              RawHttp2 connection = RawHttp2.server(socket);
              try {
                for (String f = connection.read(); !f.isEmpty(); f = connection.read()) {
                  int stream = Integer.parseInt(f.split(" ")[1]);
                  if (stream % 4 == 1) {
                    connection.lastHeaders(stream, ":status=200");
                  } else {
                    connection.frame(RawHttp2.RST_STREAM, 0, stream, RawHttp2.integer(2));
                  }
                }
              } catch (Http2Exception e) {
                throw new IOException(e);
              }
            })) {
      apply(ResilienceSettings.none(), upstream);
      try (var client = front.client()) {
        for (int i = 0; i < 1_200; i++) {
          assertThat(client.send(GET).readMessage()).startsWith("HTTP/1.1 200");
          assertThat(client.send(GET).readMessage()).startsWith("HTTP/1.1 502");
        }
      }
      assertThat(upstream.accepted()).isEqualTo(1);
    }
  }

  @Test
  void endpointThatWidensItsWindowsByTheKibKeepsItsConnection() throws Exception {
    int kib = 2_048;
    byte[] window = {0, 4, 0, 0x40, 0, 0};
    try (var upstream =
        new RawUpstream(
            socket -> {
              RawHttp2 connection = RawHttp2.server(socket);
              connection.frame(RawHttp2.SETTINGS, 0, 0, window).windowUpdate(0, 4 << 20);
              try {
                String frame;
                do {
                  frame = connection.read();
                } while (!frame.startsWith("DATA 1 end"));
                for (int i = 0; i < kib; i++) {
                  connection.windowUpdate(1, 1 << 10).windowUpdate(0, 1 << 10);
                }
              } catch (Http2Exception e) {
                throw new IOException(e);
              }
              connection.lastHeaders(1, ":status=200");
              socket.readToEnd();
            })) {
      apply(ResilienceSettings.none(), upstream);
      try (var client = front.client()) {
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + (kib << 10) + "\r\n\r\n");
        assertThat(client.send(new byte[kib << 10]).readMessage()).startsWith("HTTP/1.1 200");
        assertThat(log.toString(UTF_8)).doesNotContain("broke a rule");
      }
    }
  }

  /** Name, line in the log, what the endpoint sends, and what the client is told. */
  static Stream<Arguments> octets() {
    String chunked = HEAD + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n";
    return Stream.of(
        arguments(
            "1xx without end",
            "unexpected status 103",
            "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100),
            "HTTP/1.1 502"),
        arguments(
            "a head without end",
            "the head is larger than the limit",
            HEAD + "a: " + "x".repeat(40_000),
            "HTTP/1.1 502"),
        arguments(
            "fields without end",
            "the head has more fields than the limit",
            HEAD + "a: b\r\n".repeat(200),
            "HTTP/1.1 502"),
        arguments(
            "a chunk extension without end",
            "a chunk extension is malformed or too long",
            chunked + "1;" + "x".repeat(10_000),
            ""),
        arguments(
            "a chunk size without end",
            "a chunk size must be 1 to 15 hexadecimal digits",
            chunked + "0".repeat(100),
            ""),
        arguments(
            "a trailer section without end",
            "the trailer section is larger than the limit",
            chunked + "0\r\n" + "a: b\r\n".repeat(200),
            ""),
        arguments(
            "octets after the answer",
            UNASKED,
            RawUpstream.okAnswer("real") + RawUpstream.okAnswer("evil"),
            "real"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("octets")
  void connectionOfHttp1EndsAndAnotherOneServes(
      String name, String line, String octets, String told) throws IOException {
    try (var upstream =
        new RawUpstream(
            connection -> {
              boolean hostile = connections.incrementAndGet() == 1;
              for (String r = connection.readHead(); !r.isEmpty(); r = connection.readHead()) {
                connection.send(hostile ? octets : RawUpstream.okAnswer("next"));
              }
            })) {
      front.sendTo(upstream.address());
      try (var client = front.client()) {
        client.send(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
        String all = readWhatComes(client);
        assertThat(all).contains(told).doesNotContain("evil", "\r\n0\r\n\r\n");
      }
      awaitLog(line);
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage()).as(name).endsWith("next");
      }
      assertThat(upstream.accepted()).isEqualTo(2);
    }
  }

  /** Of an answer that is cut short the proxy shows that by a reset. */
  private static String readWhatComes(RawSocket client) throws IOException {
    StringBuilder all = new StringBuilder();
    try {
      for (String octet = client.read(1); !octet.isEmpty(); octet = client.read(1)) {
        all.append(octet);
      }
    } catch (SocketException reset) {
      all.append("(reset)");
    }
    return all.toString();
  }

  @Test
  void answerThatComesBeforeItsRequestIsGivenToNobody() throws IOException {
    var unasked = new CountDownLatch(1);
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  connection.send(RawUpstream.okAnswer("real"));
                  if (connections.incrementAndGet() == 1) {
                    Waiting.awaitLatch(unasked);
                    connection.send(RawUpstream.okAnswer("evil"));
                  }
                  connection.readHead();
                });
        var client = front.client(upstream)) {
      assertThat(client.send(GET).readMessage()).endsWith("real");
      unasked.countDown();
      awaitLog(UNASKED);
      assertThat(client.send(GET).readMessage()).endsWith("real");
      assertThat(upstream.accepted()).isEqualTo(2);
    }
  }

  @Test
  void whatHappensOftenIsSaidSeldom() throws IOException {
    try (var upstream = RawUpstream.answering("nonsense\r\n\r\n");
        var client = front.client(upstream)) {
      for (int i = 0; i < 20; i++) {
        assertThat(client.send(GET).readMessage()).startsWith("HTTP/1.1 502");
      }
      List<String> lines =
          log.toString(UTF_8).lines().filter(line -> line.contains("broke a rule")).toList();
      assertThat(lines).hasSizeBetween(1, 2);
    }
  }
}
