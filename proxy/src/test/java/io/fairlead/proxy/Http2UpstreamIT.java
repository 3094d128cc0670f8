package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.Snapshot;
import io.fairlead.traffic.UpstreamLimits;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Upstreams that speak HTTP/2, frame by frame, with clients of both versions. */
@ExtendWith(LeakCheck.class)
class Http2UpstreamIT {
  private static final String GET = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
  private final Front front = new Front();
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private ResilienceSettings resilience = ResilienceSettings.none();

  @AfterEach
  void stop() {
    front.close();
  }

  /** What an endpoint does with a connection. */
  private interface Frames {
    void run(RawHttp2 connection) throws IOException, Http2Exception;
  }

  private static RawUpstream upstream(Frames frames) throws IOException {
    return new RawUpstream(
        connection -> {
          try {
            frames.run(RawHttp2.server(connection));
          } catch (Http2Exception e) {
            throw new UncheckedIOException(new IOException(e));
          }
        });
  }

  /** Answers each request with its own number, and records what it read. */
  private void answerAll(RawHttp2 connection) throws IOException, Http2Exception {
    for (String frame = connection.read(); !frame.isEmpty(); frame = connection.read()) {
      seen.add(frame);
      if (frame.contains(" end")) {
        int stream = Integer.parseInt(frame.split(" ")[1]);
        connection.headers(stream, ":status=200", "content-length=2");
        connection.lastData(stream, "%02d".formatted(stream));
      }
    }
  }

  private void apply(RawUpstream... upstreams) {
    apply(cluster -> cluster, upstreams);
  }

  private void apply(UnaryOperator<Cluster> change, RawUpstream... upstreams) {
    var addresses =
        java.util.Arrays.stream(upstreams)
            .map(RawUpstream::address)
            .toArray(io.fairlead.traffic.HostPort[]::new);
    Cluster plain = Model.cluster("backend", resilience, addresses);
    Cluster cluster = plain.withProtocol(Cluster.Protocol.HTTP_2);
    Snapshot snapshot =
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
            change.apply(cluster));
    front.apply(snapshot);
  }

  @Test
  void aConnectionEndsAfterTheRequestsThatItMayHave() throws Exception {
    var limits =
        new UpstreamLimits(
            Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(2), Optional.empty());
    try (var upstream = upstream(this::answerAll)) {
      apply(cluster -> cluster.withLimits(limits), upstream);
      try (var client = front.client()) {
        for (String stream : List.of("01", "03", "01", "03", "01")) {
          assertThat(client.send(GET).readMessage()).endsWith("\r\n\r\n" + stream);
        }
      }
      assertThat(upstream.accepted()).isEqualTo(3);
    }
  }

  @Test
  void http11ClientsAreServed() throws Exception {
    try (var upstream = upstream(this::answerAll)) {
      apply(upstream);
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage())
            .isEqualTo("HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\n01");
        client.send("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello");
        assertThat(client.readMessage()).endsWith("\r\n\r\n03");
        assertThat(upstream.accepted()).isEqualTo(1);
      }
      assertThat(seen)
          .containsExactly(
              "HEADERS 1 end :method=GET :scheme=http :authority=h :path=/a",
              "HEADERS 3 :method=POST :scheme=http :authority=h :path=/b content-length=5 x-a=b",
              "DATA 3 end hello");
    }
  }

  @Test
  void bodiesOfUnknownLengthGoBothWaysWithTrailers() throws Exception {
    Frames frames =
        connection -> {
          for (int i = 0; i < 3; i++) {
            seen.add(connection.read());
          }
          connection.headers(1, ":status=200", "content-type=application/grpc");
          connection.data(1, "hello").data(1, "").data(1, "world");
          connection.lastHeaders(1, "grpc-status=0");
          connection.read();
        };
    try (var upstream = upstream(frames)) {
      apply(upstream);
      try (var client = front.client()) {
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/grpc\r\n");
        client.send("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: t\r\n\r\n");
        assertThat(client.readMessage())
            .isEqualTo(
                "HTTP/1.1 200 \r\ncontent-type: application/grpc\r\n"
                    + "transfer-encoding: chunked\r\n\r\n"
                    + "5\r\nhello\r\n5\r\nworld\r\n0\r\ngrpc-status: 0\r\n\r\n");
      }
      assertThat(seen)
          .containsExactly(
              "HEADERS 1 :method=POST :scheme=http :authority=h :path=/"
                  + " content-type=application/grpc te=trailers",
              "DATA 1 abc",
              "HEADERS 1 end x-t=t");
    }
  }

  @Test
  void trailersFollowBodiesWhoseLengthWasToldBeforeThem() throws Exception {
    Frames frames =
        connection -> {
          for (int i = 0; i < 3; i++) {
            seen.add(connection.read());
          }
          connection.headers(1, ":status=200", "content-length=5", "trailer=x-sum");
          connection.data(1, "hello").lastHeaders(1, "x-sum=1");
          connection.read();
        };
    try (var upstream = upstream(frames)) {
      apply(upstream);
      try (var client = RawHttp2.client(front.client())) {
        String[] told = {"content-type=application/grpc", "content-length=3"};
        client.headers(1, RawHttp2.request("POST", "/", told)).data(1, "abc");
        client.lastHeaders(1, "x-t=t");
        assertThat(client.read()).startsWith("HEADERS 1 :status=200");
        assertThat(client.read()).isEqualTo("DATA 1 hello");
        assertThat(client.read()).isEqualTo("HEADERS 1 end x-sum=1");
      }
      assertThat(seen).element(1).isEqualTo("DATA 1 abc");
      assertThat(seen).last().isEqualTo("HEADERS 1 end x-t=t");
    }
  }

  @Test
  void manyStreamsOfAClientShareAConnection() throws Exception {
    try (var upstream = upstream(this::answerAll)) {
      apply(upstream);
      try (var client = RawHttp2.client(front.client())) {
        for (int stream = 1; stream < 100; stream += 2) {
          client.get(stream, "/");
        }
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
          answers.add(client.read());
        }
        assertThat(answers).filteredOn(frame -> frame.startsWith("DATA ")).hasSize(50);
        assertThat(answers).filteredOn(frame -> frame.startsWith("HEADERS ")).hasSize(50);
        assertThat(upstream.accepted()).isEqualTo(1);
      }
    }
  }

  @Test
  void theEndpointsBoundOfStreamsIsKept() throws Exception {
    byte[] one = {0, 3, 0, 0, 0, 1};
    Frames frames =
        connection -> {
          connection.frame(RawHttp2.SETTINGS, 0, 0, one);
          connection.read();
          upstreams.getFirst().script(this::answering);
          connection.lastHeaders(1, ":status=204");
          seen.add(connection.read());
          await().until(() -> upstreams.getFirst().accepted() == 2);
          seen.add("free");
          connection.lastHeaders(3, ":status=204");
          answerAll(connection);
        };
    try (var upstream = upstream(frames)) {
      upstreams.add(upstream);
      apply(upstream);
      try (var client = RawHttp2.client(front.client())) {
        client.get(1, "/");
        assertThat(client.read()).isEqualTo("HEADERS 1 end :status=204");
        for (int stream = 3; stream < 9; stream += 2) {
          client.get(stream, "/");
        }
        List<String> answers = new ArrayList<>();
        while (answers.stream().filter(frame -> frame.contains(" end")).count() < 3) {
          answers.add(client.read());
        }
        assertThat(seen.indexOf("free")).isEqualTo(seen.lastIndexOf("free")).isGreaterThan(0);
        assertThat(upstream.accepted()).isEqualTo(2);
      }
    }
  }

  @Test
  void whatAGoAwayLeavesUntouchedGoesToAnotherConnection() throws Exception {
    Frames frames =
        connection -> {
          seen.add(connection.read());
          upstreams.getFirst().script(this::answering);
          connection.frame(RawHttp2.GOAWAY, 0, 0, new byte[8]);
          connection.read();
        };
    try (var upstream = upstream(frames)) {
      upstreams.add(upstream);
      apply(upstream);
      try (var client = front.client()) {
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
        assertThat(client.readMessage()).endsWith("\r\n\r\n01");
        assertThat(upstream.accepted()).isEqualTo(2);
      }
    }
  }

  private final List<RawUpstream> upstreams = new CopyOnWriteArrayList<>();

  private void answering(RawSocket socket) throws IOException {
    try {
      answerAll(RawHttp2.server(socket));
    } catch (Http2Exception e) {
      throw new IOException(e);
    }
  }

  @Test
  void refusedStreamsAreTriedAgainABoundedNumberOfTimes() throws Exception {
    Frames frames =
        connection -> {
          for (int stream = 1; ; stream += 2) {
            String frame = connection.read();
            if (frame.isEmpty()) {
              return;
            }
            seen.add(frame);
            connection.frame(RawHttp2.RST_STREAM, 0, stream, RawHttp2.integer(7));
          }
        };
    try (var upstream = upstream(frames)) {
      apply(upstream);
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage()).startsWith("HTTP/1.1 502");
        assertThat(seen).hasSize(4);
      }
    }
  }

  @Test
  void aStreamThatIsResetFailsAndOthersGoOn() throws Exception {
    Frames frames =
        connection -> {
          connection.read();
          connection.read();
          connection.frame(RawHttp2.RST_STREAM, 0, 1, RawHttp2.integer(2));
          connection.lastHeaders(3, ":status=204");
          connection.read();
        };
    try (var upstream = upstream(frames)) {
      apply(upstream);
      try (var client = RawHttp2.client(front.client())) {
        client.lastHeaders(1, RawHttp2.request("POST", "/"));
        client.lastHeaders(3, RawHttp2.request("POST", "/"));
        String all = client.read() + "\n" + client.read() + "\n" + client.read();
        assertThat(all).contains("HEADERS 1 :status=502").contains("HEADERS 3 end :status=204");
      }
    }
  }

  @Test
  void aClientThatGoesResetsItsStream() throws Exception {
    Frames frames =
        connection -> {
          seen.add(connection.read());
          seen.add(connection.read());
        };
    try (var upstream = upstream(frames)) {
      apply(upstream);
      try (var client = RawHttp2.client(front.client())) {
        client.get(1, "/");
        await().until(() -> seen.size() == 1);
        client.frame(RawHttp2.RST_STREAM, 0, 1, RawHttp2.integer(8));
        await().until(() -> seen.size() == 2);
        assertThat(seen.getLast()).isEqualTo("RST_STREAM 1 8");
      }
    }
  }

  @Test
  void aSlowClientHoldsTheEndpointBack() throws Exception {
    int size = 2_000_000;
    List<Integer> sent = new CopyOnWriteArrayList<>();
    Frames frames =
        connection -> {
          connection.read();
          connection.headers(1, ":status=200", "content-length=" + size);
          int window = 256 << 10;
          int left = size;
          while (left > 0) {
            int part = Math.min(Math.min(window, left), 16_384);
            if (part == 0) {
              String frame = connection.readAny();
              String[] words = frame.split(" ");
              window +=
                  words[0].equals("WINDOW_UPDATE") && words[1].equals("1")
                      ? Integer.parseInt(words[2])
                      : 0;
              continue;
            }
            left -= part;
            window -= part;
            sent.add(part);
            String octets = "x".repeat(part);
            if (left == 0) {
              connection.lastData(1, octets);
            } else {
              connection.data(1, octets);
            }
          }
          connection.read();
        };
    try (var upstream = upstream(frames)) {
      apply(upstream);
      try (var client = RawHttp2.client(front.client())) {
        client.get(1, "/");
        assertThat(client.read()).startsWith("HEADERS 1 :status=200");
        int got = 0;
        while (got < 65_535) {
          got += client.read().length() - "DATA 1 ".length();
        }
        // The client's window is used up: what the endpoint sent is bounded by its own.
        client.frame(RawHttp2.PING, 0, 0, new byte[8]);
        assertThat(client.read()).isEqualTo("PING 0 end 0");
        assertThat(sent.stream().mapToInt(Integer::intValue).sum()).isLessThan(1_000_000);
        client.windowUpdate(0, size).windowUpdate(1, size);
        while (got < size) {
          got += client.read().replace(" end", "").length() - "DATA 1 ".length();
        }
        assertThat(got).isEqualTo(size);
      }
    }
  }

  @Test
  void anEndpointThatSpeaksHttp11IsNotSpokenTo() throws Exception {
    try (var upstream =
        new RawUpstream(
            connection -> {
              connection.read(10);
              connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            })) {
      apply(upstream);
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage()).startsWith("HTTP/1.1 502");
      }
    }
  }

  /** More than is kept for another attempt: what comes meanwhile must wait for the connection. */
  @Test
  void aLongBodyWaitsForTheConnectionThatFollowsAGoAway() throws Exception {
    Duration longest = Duration.ofMinutes(1);
    resilience = resilience.withTimeout(new TimeoutSettings(longest, longest, longest));
    CountDownLatch go = new CountDownLatch(1);
    AtomicLong written = new AtomicLong();
    AtomicLong arrived = new AtomicLong();
    AtomicInteger connections = new AtomicInteger();
    try (var upstream =
            new RawUpstream(
                connection -> {
                  if (connections.incrementAndGet() == 2) {
                    Waiting.awaitLatch(go);
                  }
                  try {
                    takeOrSendBack(RawHttp2.server(connection), connections.get() == 2, arrived);
                  } catch (Http2Exception e) {
                    throw new IOException(e);
                  }
                });
        var writer = Executors.newVirtualThreadPerTaskExecutor()) {
      apply(upstream);
      try (var client = front.client()) {
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000000\r\n\r\n");
        await().until(() -> upstream.accepted() == 2);
        var sent =
            writer.submit(
                () -> {
                  for (int i = 0; i < 2_000; i++) {
                    client.send("x".repeat(10_000));
                    written.addAndGet(10_000);
                  }
                  return "all";
                });
        Waiting.awaitStandstill(written);
        go.countDown();
        assertThat(client.readMessage()).startsWith("HTTP/1.1 200");
        assertThat(sent.get()).isEqualTo("all");
        assertThat(arrived.get()).isEqualTo(20_000_000);
      }
    }
  }

  private static void takeOrSendBack(RawHttp2 connection, boolean takes, AtomicLong arrived)
      throws IOException, Http2Exception {
    for (String frame = connection.read(); !frame.isEmpty(); frame = connection.read()) {
      if (frame.startsWith("HEADERS") && !takes) {
        connection.frame(RawHttp2.GOAWAY, 0, 0, new byte[8]);
      } else if (frame.startsWith("HEADERS")) {
        connection.windowUpdate(0, 1 << 30).windowUpdate(1, 1 << 30);
      } else if (frame.startsWith("DATA 1")) {
        arrived.addAndGet(frame.length() - frame.indexOf('x'));
        if (frame.startsWith("DATA 1 end")) {
          connection.lastHeaders(1, ":status=200");
        }
      }
    }
  }

  private static UpstreamLimits http(UpstreamLimits.Http bounds) {
    return new UpstreamLimits(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty())
        .withHttp(bounds);
  }

  @Test
  void moreStreamsThanAConnectionMayHaveGoToAnother() throws Exception {
    var one = new UpstreamLimits.Http(Optional.of(1), Optional.empty(), Optional.empty());
    try (var upstream =
        upstream(
            connection -> {
              for (String frame = connection.read(); !frame.isEmpty(); frame = connection.read()) {
                seen.add(frame.split(" :")[0]);
              }
            })) {
      apply(cluster -> cluster.withLimits(http(one)), upstream);
      try (var first = front.client();
          var second = front.client()) {
        first.send(GET);
        second.send(GET);
        await().until(() -> seen.size() == 2);
      }
      assertThat(seen.subList(0, 2)).containsOnly("HEADERS 1 end");
      assertThat(upstream.accepted()).isEqualTo(2);
    }
  }

  @Test
  void answersWithMoreFieldsThanTheirClusterAllowsAreNone() throws Exception {
    var one = new UpstreamLimits.Http(Optional.empty(), Optional.empty(), Optional.of(1));
    try (var upstream =
        upstream(
            connection -> {
              connection.read();
              connection.lastHeaders(1, ":status=200", "a=1", "b=2");
              seen.add(connection.read());
            })) {
      apply(cluster -> cluster.withLimits(http(one)), upstream);
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage()).startsWith("HTTP/1.1 502");
      }
    }
  }
}
