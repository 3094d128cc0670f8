package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Messages of HTTP/1.1 whose end two readers could see in different places (RFC 9112 sections 2 to
 * 7 and 11), with upstreams of several kinds that record what reached them.
 */
@Timeout(60)
@ExtendWith(LeakCheck.class)
class SmugglingIT {
  private static final String HIDDEN = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final String NEXT = "GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));

  @AfterEach
  void stop() {
    front.close();
  }

  private static String post(String fields, String body) {
    return "POST /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n\r\n" + body;
  }

  private static String chunked(String body) {
    return post("Transfer-Encoding: chunked", body);
  }

  private static String get(String fields) {
    return "GET /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n\r\n";
  }

  /** Every one of them is refused with its connection, before or while its body comes. */
  private static List<String> ambiguous() {
    List<String> all = new ArrayList<>(heads());
    for (String length :
        "+5|-1|0x5|5 5|5,5|5, 5|1e1|5;|\"5\"|99999999999999999999|9223372036854775808|\u00b2|5\0|"
            .split("\\|", -1)) {
      all.add(post("Content-Length: " + length, "hello"));
    }
    for (String coding :
        ("xchunked|chunked, identity|identity|chunked, chunked|gzip, chunked|chunked;q=1"
                + "|\"chunked\"|chunked\u000b|\u000bchunked|chunked\0|, chunked|chunked x"
                + "|identity, chunked|")
            .split("\\|", -1)) {
      all.add(post("Transfer-Encoding: " + coding, "0\r\n\r\n"));
    }
    for (String size :
        "0x5|+5|-5| 5|5 |g|5\0|FFFFFFFFFFFFFFFFF|10000000000000005|;|5;a\n|5;a\rb|5;\0|5\t"
            .split("\\|", -1)) {
      all.add(chunked(size + "\r\nhello\r\n0\r\n\r\n"));
    }
    return all;
  }

  private static List<String> heads() {
    return List.of(
        post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\nContent-Length: 0", "0\r\n\r\n"),
        post("Content-Length: 5\r\nContent-Length: 0", "hello"),
        post("Content-Length: 0\r\nContent-Length: 5", "hello"),
        post("Content-Length: 5\r\ncontent-length: 5", "hello"),
        post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n"),
        post("Transfer-Encoding : chunked", "0\r\n\r\n"),
        post("Transfer-Encoding\t: chunked", "0\r\n\r\n"),
        post(" Transfer-Encoding: chunked", "0\r\n\r\n"),
        post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"),
        post("X: a\r\n\tTransfer-Encoding: chunked", "0\r\n\r\n"),
        post("X: a\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        post("X: a\rTransfer-Encoding: chunked", "0\r\n\r\n"),
        post("Content-Length : 5", "hello"),
        post("Content-Length\0: 5", "hello"),
        post(": 5", "hello"),
        post("Content-Length", "hello"),
        post("Connection: content-length\r\nContent-Length: 5", "hello"),
        post("Connection: close, transfer-encoding\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        "POST /a HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\n\nhello",
        "GET /a HTTP/1.1\nHost: h\n\n",
        "GET /a HTTP/1.1\r\n\r\n",
        "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a  HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET\t/a HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a\tHTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a HTTP/1.1 \r\nHost: h\r\n\r\n",
        "GET /a HTTP/1.10\r\nHost: h\r\n\r\n",
        "GET /a HTTP/01.1\r\nHost: h\r\n\r\n",
        "GET /a HTTP/2.0\r\nHost: h\r\n\r\n",
        "GET /a http/1.1\r\nHost: h\r\n\r\n",
        "GET /a\r\nHost: h\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a\0 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n",
        "G\0T /a HTTP/1.1\r\nHost: h\r\n\r\n",
        get("Host: i"),
        "GET /a HTTP/1.1\r\nHost: h, i\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: h/b\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: u@h\r\n\r\n",
        "GET http://u@h/a HTTP/1.1\r\nHost: h\r\n\r\n",
        get("X: a\0b"),
        get("X: a\r\r"),
        get("X y: a"),
        chunked("5\r\nhelloX\r\n0\r\n\r\n"),
        chunked("5\r\nhello\n0\r\n\r\n"),
        chunked("5\r\nhello0\r\n\r\n"),
        chunked("5\nhello\r\n0\r\n\r\n"),
        chunked("5\r\nhello\r\n0\nX: y\r\n\r\n"),
        chunked("0\r\nX y: z\r\n\r\n"),
        chunked("0\r\nX: y\n\r\n"));
  }

  static Stream<Arguments> refused() {
    return ambiguous().stream()
        .flatMap(
            request ->
                Arrays.stream(RecordingUpstream.Kind.values())
                    .map(kind -> Arguments.of(kind, escaped(request), request)));
  }

  private static String escaped(String request) {
    return request.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0");
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("refused")
  void whatCouldBeReadInTwoWaysIsRefusedAndItsConnectionEnds(
      RecordingUpstream.Kind kind, String name, String request) throws Exception {
    try (var upstream = kind.start()) {
      front.apply(upstream.snapshot());
      try (var client = front.client()) {
        client.send(request + HIDDEN);
        String head = client.readHead();
        assertThat(head).matches("(?s)HTTP/1.1 (4\\d\\d|50[15]) .*").contains("connection: close");
        client.readBody(head);
        assertThat(client.readToEnd()).isEmpty();
      }
      try (var client = front.client()) {
        assertThat(client.send(NEXT).readMessage()).endsWith("hello");
      }
      assertThat(upstream.requests()).containsExactly("GET /next");
    }
  }

  /** Written in ways that few use, and each can be read in one way only. */
  @ParameterizedTest
  @EnumSource
  void whatIsOddButClearArrivesAsItWasMeant(RecordingUpstream.Kind kind) throws Exception {
    try (var upstream = kind.start()) {
      front.apply(upstream.snapshot());
      try (var client = front.client()) {
        client.send("\r\n" + chunked("5\r\nhello\r\n0\r\n\r\n"));
        client.send(
            post("TRANSFER-ENCODING:\t CHUNKED \t", "0005;x=\"a;b\"\r\nhello\r\n00\r\n\r\n"));
        client.send(post("Content-Length: 0005", "hello"));
        client.send(post("Transfer_Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"));
        client.send(chunked("a\r\nGET /b HTT\r\n0\r\nX: y\r\n\r\n"));
        client.send("GET http://h/abs HTTP/1.1\r\nHost: other\r\nContent-Length: 5\r\n\r\nhello");
        client.send(
            get("Upgrade: h2c\r\nConnection: upgrade, http2-settings\r\nHTTP2-Settings: A"));
        client.send(NEXT);
        for (int i = 0; i < 8; i++) {
          assertThat(client.readMessage()).startsWith("HTTP/1.1 200").endsWith("hello");
        }
        assertThat(client.readToEnd()).isEmpty();
      }
      assertThat(upstream.requests())
          .containsExactly(
              "POST /a hello",
              "POST /a hello",
              "POST /a hello",
              "POST /a 0",
              "POST /a GET /b HTT",
              "GET /abs hello",
              "GET /a",
              "GET /next");
    }
  }

  /** A client that goes away, or falls silent, in the middle of a body. */
  @ParameterizedTest
  @EnumSource
  void aBodyWithoutItsEndIsNoRequest(RecordingUpstream.Kind kind) throws Exception {
    try (var upstream = kind.start()) {
      front.apply(upstream.snapshot());
      for (String part :
          List.of(
              post("Content-Length: 60", HIDDEN), chunked("5\r\nhel"), chunked("5\r\nhello\r\n"))) {
        try (var client = front.client()) {
          client.send(part).shutdownOutput();
          assertThat(client.readToEnd()).doesNotContain("200");
        }
      }
      try (var client = front.client()) {
        assertThat(client.send(NEXT).readMessage()).endsWith("hello");
      }
      assertThat(upstream.requests()).containsExactly("GET /next");
    }
  }

  /** The last chunk goes on before the end of the trailers; Jetty may take that for the whole. */
  @ParameterizedTest
  @EnumSource
  void aBodyWithoutTheEndOfItsTrailersIsNotAnswered(RecordingUpstream.Kind kind) throws Exception {
    try (var upstream = kind.start()) {
      front.apply(upstream.snapshot());
      for (String part : List.of("5\r\nhello\r\n0\r\n", "5\r\nhello\r\n0\r\nX: y\r\n")) {
        try (var client = front.client()) {
          client.send(chunked(part)).shutdownOutput();
          assertThat(client.readToEnd()).doesNotContain("200");
        }
      }
      try (var client = front.client()) {
        assertThat(client.send(NEXT).readMessage()).endsWith("hello");
      }
      var lenient = kind == RecordingUpstream.Kind.JETTY ? List.of("POST /a hello") : List.of();
      assertThat(upstream.requests())
          .filteredOn(request -> !lenient.contains(request))
          .containsExactly("GET /next");
    }
  }

  /** Whatever a faulty upstream says, the next request gets its own answer. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
            + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nevil",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 6\r\n\r\nokevil",
        "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nokevil",
        "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nokevil",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\nevil",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\nevil",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\nevil",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nevil\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokevil\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\nevil",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nevil",
        "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil",
        "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nevil",
        "HTTP/1.1 100 Continue\r\nContent-Length: 4\r\n\r\nevil",
        "HTTP/1.1 200 OK\r\nX: a\rb: evil\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\0\r\nContent-Length: 4\r\n\r\nevil",
        "HTTP/1.1 200 OK\nContent-Length: 4\n\nevil",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n folded\r\n\r\nevil",
        "HTTP/2.0 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        "ICY 200 OK\r\n\r\nevil"
      })
  void aFaultyAnswerNeverBecomesThatOfTheNextRequest(String answer) throws Exception {
    try (var upstream =
        new RawUpstream(
            connection -> {
              for (String head = connection.readHead(); !head.isEmpty(); ) {
                connection.send(head.contains("/next") ? RawUpstream.okAnswer("fine") : answer);
                head = connection.readHead();
              }
            })) {
      front.sendTo(upstream.address());
      String first = "";
      try (var client = front.client()) {
        first = client.send("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").readToEnd();
      } catch (IOException e) {
        first += "(" + e.getMessage() + ")";
      }
      assertThat(first).as("the first answer").doesNotContain("evil");
      try (var client = front.client()) {
        assertThat(client.send(NEXT).readMessage()).endsWith("fine");
      }
    }
  }
}
