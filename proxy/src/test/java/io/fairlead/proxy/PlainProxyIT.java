package io.fairlead.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What HTTP/1.1 allows or forbids, through one listener to one cluster. */
@ExtendWith(LeakCheck.class)
class PlainProxyIT {
  private static final String GET = "GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final Front front = new Front();

  @AfterAll
  static void stop() {
    front.close();
  }

  @Test
  void requestAndAnswerPassUnchanged() throws IOException {
    try (var upstream = RawUpstream.ok("hello");
        var client = front.client(upstream)) {
      client.send(GET);
      assertThat(client.readMessage()).isEqualTo(RawUpstream.okAnswer("hello"));
      assertThat(upstream.heads()).containsExactly(GET);
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() throws IOException {
    AtomicInteger count = new AtomicInteger();
    try (var upstream =
            new RawUpstream(
                connection -> {
                  while (!connection.readMessage().isEmpty()) {
                    connection.send(RawUpstream.okAnswer("answer " + count.incrementAndGet()));
                  }
                });
        var client = front.client(upstream)) {
      String post =
          "POST /p HTTP/1.1\r\nHost: h\r\nX-Extra: 1\r\nConnection: x-extra\r\n"
              + "Content-Length: 3\r\n\r\nabc";
      client.send(GET + post + GET + post);
      for (int i = 1; i <= 4; i++) {
        assertThat(client.readMessage()).endsWith("answer " + i);
      }
      assertThat(upstream.heads()).hasSize(4);
      assertThat(upstream.heads().get(3))
          .isEqualTo("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n");
    }
  }

  @Test
  void requestInSingleOctetsArrivesWhole() throws IOException {
    try (var upstream = RawUpstream.ok("hello");
        var client = front.client(upstream)) {
      String post =
          "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n";
      for (int i = 0; i < post.length(); i++) {
        client.send(post.substring(i, i + 1));
      }
      assertThat(client.readMessage()).endsWith("hello");
    }
  }

  @Test
  void chunksAndTrailersPassBothWays() throws IOException {
    String body = "4\r\nwiki\r\n5;x=y\r\npedia\r\n0\r\nX-Sum: 1\r\n\r\n";
    try (var upstream =
            new RawUpstream(
                connection -> {
                  String request = connection.readMessage();
                  connection.send(
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                          + request.substring(request.indexOf("\r\n\r\n") + 4));
                  connection.readHead();
                });
        var client = front.client(upstream)) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
      assertThat(client.readMessage()).endsWith("\r\n\r\n" + body);
    }
  }

  @Test
  void expectationIsRelayedAndBodyFollows() throws IOException {
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  connection.send("HTTP/1.1 100 Continue\r\n\r\n");
                  String body = connection.read(5);
                  connection.send(RawUpstream.okAnswer(body));
                  connection.readHead();
                });
        var client = front.client(upstream)) {
      client.send(
          "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
      assertThat(client.readHead()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
      assertThat(client.send("hello").readMessage()).endsWith("hello");
    }
  }

  @Test
  void refusedExpectationEndsTheConnection() throws IOException {
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  connection.send("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
                  connection.readHead();
                });
        var client = front.client(upstream)) {
      client.send(
          "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 417").contains("connection: close");
      // Whether the client sends the body now or another request cannot be told apart.
      assertThat(client.readToEnd()).isEmpty();
    }
  }

  @Test
  void answersWithoutBodyEndAtTheirHead() throws IOException {
    String[] answers = {
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
      "HTTP/1.1 204 No Content\r\n\r\n"
    };
    try (var upstream =
            new RawUpstream(
                connection -> {
                  for (String answer : answers) {
                    connection.readHead();
                    connection.send(answer);
                  }
                  connection.readHead();
                });
        var client = front.client(upstream)) {
      client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.readHead()).isEqualTo(answers[0]);
      assertThat(client.send(GET).readHead()).isEqualTo(answers[1]);
      assertThat(client.send(GET).readHead()).isEqualTo(answers[2]);
      assertThat(upstream.accepted()).isEqualTo(1);
    }
  }

  @Test
  void oldClientGetsChunksUnwrapped() throws IOException {
    try (var upstream =
            RawUpstream.answering(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        var client = front.client(upstream)) {
      client.send("GET / HTTP/1.0\r\n\r\n");
      assertThat(client.readToEnd()).isEqualTo("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabcde");
      assertThat(upstream.heads()).containsExactly("GET / HTTP/1.1\r\nhost: backend\r\n\r\n");
    }
  }

  @Test
  void oldClientMayKeepTheConnection() throws IOException {
    try (var upstream = RawUpstream.ok("hello");
        var client = front.client(upstream)) {
      for (int i = 0; i < 2; i++) {
        client.send("GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
        assertThat(client.readMessage()).contains("connection: keep-alive\r\n").endsWith("hello");
      }
    }
  }

  @Test
  void answerThatEndsWithItsConnectionIsChunked() throws IOException {
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  connection.send("HTTP/1.0 200 OK\r\nX: y\r\n\r\nhello");
                });
        var client = front.client(upstream)) {
      for (int i = 0; i < 2; i++) {
        assertThat(client.send(GET).readMessage())
            .startsWith("HTTP/1.1 200 OK\r\nX: y\r\ntransfer-encoding: chunked\r\n\r\n")
            .contains("hello")
            .endsWith("0\r\n\r\n");
      }
    }
  }

  @Test
  void truncatedAnswerDoesNotLookWhole() throws IOException {
    for (String framing : new String[] {"Content-Length: 10", "Transfer-Encoding: chunked"}) {
      try (var upstream =
              new RawUpstream(
                  connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\n" + framing + "\r\n\r\n5\r\nabc");
                  });
          var client = front.client(upstream)) {
        client.send(GET);
        String seen = "";
        try {
          seen = client.readToEnd();
        } catch (IOException e) {
          seen = "(reset)";
        }
        assertThat(seen).doesNotEndWith("0\r\n\r\n").matches("(?s).*(abc|\\(reset\\))");
      }
    }
  }

  @Test
  void garbageFromTheUpstreamIsABadGateway() throws IOException {
    String[] garbage = {
      "hello world, this is not HTTP\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "HTTP/1.1 101 Switching\r\n\r\n",
      "HTTP/1.1 103 Hints\r\n\r\n".repeat(17)
    };
    for (String answer : garbage) {
      try (var upstream = RawUpstream.answering(answer);
          var client = front.client(upstream)) {
        client.send(GET);
        String head = client.readHead();
        while (head.startsWith("HTTP/1.1 103")) {
          head = client.readHead();
        }
        assertThat(head)
            .as(answer)
            .startsWith("HTTP/1.1 502")
            .contains("x-fairlead-reason: upstream-protocol");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;a\nb\r\nhello\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n",
        "GET / HTTP/1.1\nHost: h\n\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n",
        "GET /\u0001 HTTP/1.1\r\nHost: h\r\n\r\n"
      })
  void whatTwoReadersCouldReadDifferentlyNeverReachesTheUpstream(String request)
      throws IOException {
    try (var upstream = RawUpstream.ok("hello");
        var client = front.client(upstream)) {
      client.send(request);
      String head = client.readHead();
      assertThat(head).matches("(?s)HTTP/1.1 (400|501) .*").contains("connection: close");
      assertThat(head).contains("x-fairlead-reason: bad-request");
      client.readBody(head);
      assertThat(client.readToEnd()).isEmpty();
      assertThat(upstream.heads()).isEmpty();
    }
  }

  @Test
  void absoluteTargetOfAForwardProxyBecomesItsPath() throws IOException {
    try (var upstream = RawUpstream.ok("hello");
        var client = front.client(upstream)) {
      client.send("GET http://payment:8080/charge?x=1 HTTP/1.1\r\nHost: other\r\nA: b\r\n\r\n");
      assertThat(client.readMessage()).endsWith("hello");
      assertThat(upstream.heads())
          .containsExactly("GET /charge?x=1 HTTP/1.1\r\nA: b\r\nhost: payment:8080\r\n\r\n");
    }
  }

  @Test
  void hopByHopFieldsEndAtTheProxy() throws IOException {
    try (var upstream =
            RawUpstream.answering(
                "HTTP/1.1 200 OK\r\nConnection: keep-alive, x-b\r\nKeep-Alive: timeout=5\r\n"
                    + "X-B: 1\r\nContent-Length: 2\r\n\r\nok");
        var client = front.client(upstream)) {
      client.send(
          "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
              + "HTTP2-Settings: abc\r\nTE: trailers\r\nProxy-Authorization: x\r\n\r\n");
      assertThat(client.readMessage()).isEqualTo("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      assertThat(upstream.heads()).containsExactly("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
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
        var http = HttpClient.newHttpClient()) {
      front.sendTo(upstream.address());
      String body = "x".repeat(200_000);
      for (int i = 0; i < 20; i++) {
        var response =
            http.send(
                HttpRequest.newBuilder(URI.create("http://" + front.address() + "/echo"))
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString(ISO_8859_1));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo(body);
      }
    }
  }
}
