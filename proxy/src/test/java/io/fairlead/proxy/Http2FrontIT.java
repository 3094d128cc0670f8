package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.RawUpstream.Script;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What clients of HTTP/2 get, with an HTTP/1.1 upstream that records what reached it. */
@ExtendWith(LeakCheck.class)
class Http2FrontIT {
  private static final String CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  private final Front front = new Front();

  @AfterEach
  void stop() {
    front.close();
  }

  private RawHttp2 client(RawUpstream upstream) throws IOException {
    return RawHttp2.client(front.client(upstream));
  }

  private static RawUpstream scripted(String answer) throws IOException {
    Script script =
        connection -> {
          while (!connection.readMessage().isEmpty()) {
            connection.send(answer);
          }
        };
    return new RawUpstream(script);
  }

  @Test
  void aBrokenPrefaceEndsTheConnectionWithoutAnAnswerOfHttp1() throws Exception {
    try (var upstream = RawUpstream.ok("hello");
        var client = front.client(upstream)) {
      client.send("INVALID CONNECTION PREFACE\r\n\r\n");

      assertThat(client.readMessage()).isEmpty();
      assertThat(upstream.heads()).isEmpty();
    }
  }

  @Test
  void aRequestBecomesHttp11AndItsAnswerHttp2() throws Exception {
    try (var upstream = RawUpstream.ok("hello");
        var client = client(upstream)) {
      client.get(1, "/a?b=c", "x-one=1", "cookie=a=1", "cookie=b=2");
      assertThat(client.read()).isEqualTo("HEADERS 1 :status=200 content-length=5");
      assertThat(client.read()).isEqualTo("DATA 1 end hello");
      assertThat(upstream.heads())
          .containsExactly(
              "GET /a?b=c HTTP/1.1\r\nhost: test.example\r\nx-one: 1\r\n"
                  + "cookie: a=1; b=2\r\n\r\n");
    }
  }

  @Test
  void streamsAreAnsweredAsTheirAnswersCome() throws Exception {
    try (var upstream =
            new RawUpstream(
                connection -> {
                  String head = connection.readHead();
                  connection.send(RawUpstream.okAnswer(head.substring(4, 6)));
                  connection.readHead();
                });
        var client = client(upstream)) {
      for (int stream = 1; stream <= 9; stream += 2) {
        client.get(stream, "/" + stream);
      }
      for (int i = 0; i < 5; i++) {
        String head = client.read();
        String stream = head.split(" ")[1];
        assertThat(client.read()).isEqualTo("DATA " + stream + " end /" + stream);
      }
      assertThat(upstream.heads()).hasSize(5);
    }
  }

  @Test
  void bodiesOfUnknownLengthAreChunkedOnTheWayUp() throws Exception {
    try (var upstream = RawUpstream.ok("");
        var client = client(upstream)) {
      client.headers(1, RawHttp2.request("POST", "/"));
      client.data(1, "hello").data(1, "").data(1, " world");
      client.lastHeaders(1, "x-trailer=yes");
      assertThat(client.read()).isEqualTo("HEADERS 1 end :status=200 content-length=0");
      assertThat(upstream.heads().getFirst()).contains("transfer-encoding: chunked");
    }
  }

  @Test
  void trailersComeBack() throws Exception {
    try (var upstream = scripted(CHUNKED + "5\r\nhello\r\n0\r\ngrpc-status: 0\r\n\r\n");
        var client = client(upstream)) {
      client.get(1, "/");
      assertThat(client.read()).isEqualTo("HEADERS 1 :status=200");
      assertThat(client.read()).isEqualTo("DATA 1 hello");
      assertThat(client.read()).isEqualTo("HEADERS 1 end grpc-status=0");
    }
  }

  @Test
  void aBodyThatEndsWithItsConnectionEndsItsStream() throws Exception {
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  connection.send("HTTP/1.1 200 OK\r\n\r\nhello");
                });
        var client = client(upstream)) {
      client.get(1, "/");
      assertThat(client.read()).isEqualTo("HEADERS 1 :status=200");
      assertThat(client.read()).isEqualTo("DATA 1 hello");
      assertThat(client.read()).isEqualTo("DATA 1 end");
    }
  }

  @Test
  void anAnswerThatIsCutResetsItsStreamAlone() throws Exception {
    try (var upstream =
            new RawUpstream(
                connection -> {
                  String head = connection.readHead();
                  boolean cut = head.startsWith("GET /cut ");
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
                  connection.send(cut ? "he" : "hello");
                });
        var client = client(upstream)) {
      client.get(1, "/cut");
      assertThat(client.read()).startsWith("HEADERS 1 :status=200");
      assertThat(client.read()).isIn("DATA 1 he", "RST_STREAM 1 2");
      client.get(3, "/");
      String next = client.read();
      assertThat(next.equals("RST_STREAM 1 2") ? client.read() : next)
          .startsWith("HEADERS 3 :status=200");
    }
  }

  @Test
  void theClientsWindowHoldsAnAnswerBack() throws Exception {
    String body = "x".repeat(100_000);
    try (var upstream = RawUpstream.ok(body);
        var client = client(upstream)) {
      client.get(1, "/");
      assertThat(client.read()).startsWith("HEADERS 1 ");
      int got = 0;
      while (got < 65_535) {
        got += client.read().length() - "DATA 1 ".length();
      }
      assertThat(got).isEqualTo(65_535);
      client.frame(RawHttp2.PING, 0, 0, new byte[8]);
      assertThat(client.read()).isEqualTo("PING 0 end 0");
      client.windowUpdate(1, 1);
      client.windowUpdate(0, 1);
      assertThat(client.read()).isEqualTo("DATA 1 x");
      client.windowUpdate(1, 100_000);
      client.windowUpdate(0, 100_000);
      String last = "";
      for (int rest = 100_000 - 65_536; rest > 0; ) {
        last = client.read();
        rest -= last.replace(" end", "").length() - "DATA 1 ".length();
      }
      assertThat(last).startsWith("DATA 1 end ");
    }
  }

  @Test
  void aStreamWithoutWindowDoesNotHoldOthersBack() throws Exception {
    String body = "x".repeat(70_000);
    try (var upstream = RawUpstream.ok(body);
        var client = client(upstream)) {
      client.windowUpdate(0, 1 << 20);
      client.get(1, "/");
      int got = 0;
      assertThat(client.read()).startsWith("HEADERS 1 ");
      while (got < 65_535) {
        got += client.read().length() - "DATA 1 ".length();
      }
      client.get(3, "/");
      assertThat(client.read()).startsWith("HEADERS 3 ");
      assertThat(client.read()).startsWith("DATA 3 ");
    }
  }

  @Test
  void faultyHeadsAreAnsweredWhereTheyAreHttp() throws Exception {
    try (var upstream = RawUpstream.ok("");
        var client = client(upstream)) {
      client.lastHeaders(1, ":method=GET", ":scheme=http", ":authority=a b", ":path=/");
      assertThat(client.read()).startsWith("HEADERS 1 :status=400");
      assertThat(client.read()).startsWith("DATA 1 end {\"reason\":\"bad-request\"");
      client.get(3, "/../..");
      assertThat(client.read()).startsWith("HEADERS 3 :status=400");
      assertThat(client.read()).startsWith("DATA 3 end ");
      assertThat(upstream.heads()).isEmpty();
    }
  }

  @Test
  void theBodyOfAFaultyRequestIsNotWaitedFor() throws Exception {
    try (var upstream = RawUpstream.ok("");
        var client = client(upstream)) {
      client.headers(1, RawHttp2.request("POST", "/a b"));
      assertThat(client.read()).startsWith("HEADERS 1 :status=400");
      assertThat(client.read()).startsWith("DATA 1 end ");
      assertThat(client.read()).isEqualTo("RST_STREAM 1 0");
      client.data(1, "late");
      client.get(3, "/");
      assertThat(client.read()).startsWith("HEADERS 3 end :status=200");
    }
  }

  @Test
  void drainingLetsStreamsEndAndThenCloses() throws Exception {
    try (var upstream = RawUpstream.ok("hello");
        var client = client(upstream)) {
      client.get(1, "/");
      client.read();
      client.read();
      var drained = front.plane().ports().getFirst().drain();
      assertThat(client.read()).isEqualTo("GOAWAY 0 2147483647 0");
      String ping = client.read();
      assertThat(ping).startsWith("PING 0 ");
      client.get(3, "/");
      assertThat(client.read()).startsWith("HEADERS 3 :status=200");
      assertThat(client.read()).isEqualTo("DATA 3 end hello");
      long opaque = Long.parseLong(ping.substring("PING 0 ".length()));
      byte[] payload = java.nio.ByteBuffer.allocate(8).putLong(opaque).array();
      client.frame(RawHttp2.PING, 1, 0, payload);
      assertThat(client.read()).isEqualTo("GOAWAY 0 3 0");
      assertThat(client.read()).isEmpty();
      assertThat(drained).succeedsWithin(java.time.Duration.ofSeconds(5));
    }
  }
}
