package io.fairlead.proxy;

import static io.fairlead.proxy.Waiting.awaitLatch;
import static io.fairlead.proxy.Waiting.awaitStandstill;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.traffic.RouteAction;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Interim answers, and clients that send many requests or read no answers. */
@ExtendWith(LeakCheck.class)
class InterimAndPipeliningIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final String EXPECT =
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));

  @AfterEach
  void stop() {
    front.close();
  }

  @Test
  void earlyHintsPassToWhoeverKnowsThem() throws IOException {
    String hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
    try (var upstream = RawUpstream.answering(hints + hints + RawUpstream.okAnswer("page"))) {
      try (var client = front.client(upstream)) {
        client.send(GET);
        assertThat(client.readHead()).isEqualTo(hints);
        assertThat(client.readHead()).isEqualTo(hints);
        assertThat(client.readMessage()).isEqualTo(RawUpstream.okAnswer("page"));
      }
      try (var client = front.client()) {
        client.send("GET / HTTP/1.0\r\nHost: h\r\n\r\n");
        assertThat(client.readToEnd()).startsWith("HTTP/1.1 200").endsWith("page");
      }
    }
  }

  @Test
  void clientGoesOnWhereTheUpstreamKnowsNoExpectation() throws IOException {
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.send(
                      RawUpstream.okAnswer(
                          "got " + connection.readMessage().strip().substring(0, 4)));
                });
        var client = front.client(upstream)) {
      client.send(EXPECT);
      assertThat(client.readHead()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
      assertThat(client.send("body").readMessage()).startsWith("HTTP/1.1 200").endsWith("got POST");
    }
  }

  @Test
  void lateContinueOfTheUpstreamIsNotSentTwice() throws IOException {
    CountDownLatch go = new CountDownLatch(1);
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  awaitLatch(go);
                  connection.send("HTTP/1.1 100 Continue\r\n\r\n");
                  connection.send(RawUpstream.okAnswer(connection.read(4)));
                });
        var client = front.client(upstream)) {
      client.send(EXPECT);
      assertThat(client.readHead()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
      go.countDown();
      assertThat(client.send("body").readMessage()).startsWith("HTTP/1.1 200").endsWith("body");
    }
  }

  @Test
  void finalAnswerNeedsNoContinue() throws IOException {
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  connection.send("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
                });
        var client = front.client(upstream)) {
      client.send(EXPECT);
      assertThat(client.readToEnd()).startsWith("HTTP/1.1 417").doesNotContain("100 Continue");
    }
  }

  private void answerItself() {
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table(
                "routes", Model.route("all", "/", new RouteAction.DirectResponse(200, "x")))));
  }

  @Test
  void clientThatReadsNoAnswersIsNotReadEither() throws Exception {
    answerItself();
    AtomicLong sent = new AtomicLong();
    int requests = 1_000_000;
    try (var client = RawSocket.connectWithSmallBuffer(front.address())) {
      Thread sender =
          Thread.startVirtualThread(
              () -> {
                String hundred = GET.repeat(100);
                try {
                  for (int i = 0; i < requests / 100; i++) {
                    client.send(hundred);
                    sent.addAndGet(100);
                  }
                } catch (IOException closed) {
                  sent.addAndGet(0);
                }
              });
      awaitStandstill(sent);
      assertThat(sent.get()).isLessThan(requests / 2);
      for (int i = 0; i < 10_000; i++) {
        assertThat(client.readMessage()).startsWith("HTTP/1.1 200");
      }
      client.close();
      sender.join();
    }
  }

  @Test
  void manyRequestsOfOneConnectionDoNotHoldOthersUp() throws Exception {
    answerItself();
    try (var greedy = front.client();
        var other = front.client()) {
      greedy.send(GET.repeat(5_000));
      for (int i = 0; i < 20; i++) {
        assertThat(other.send(GET).readMessage()).endsWith("x");
      }
      for (int i = 0; i < 5_000; i++) {
        assertThat(greedy.readMessage()).endsWith("x");
      }
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> front.plane().ports().getFirst().openConnections() == 0);
  }
}
