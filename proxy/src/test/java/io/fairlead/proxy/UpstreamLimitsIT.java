package io.fairlead.proxy;

import static io.fairlead.proxy.Waiting.awaitLatch;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.UpstreamLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a proxy has going on with a cluster has bounds. */
@ExtendWith(LeakCheck.class)
class UpstreamLimitsIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicInteger arrived = new AtomicInteger();

  @AfterEach
  void stop() {
    release.countDown();
    front.close();
  }

  private void apply(RawUpstream upstream, UpstreamLimits limits) {
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
            Model.cluster("backend", ResilienceSettings.none(), upstream.address())
                .withLimits(limits)));
  }

  private static UpstreamLimits limits(int connections, int pending, int requests) {
    return new UpstreamLimits(
        Optional.of(connections),
        Optional.of(pending),
        Optional.of(requests),
        Optional.empty(),
        Optional.empty());
  }

  /** Answers when it is told to. */
  private RawUpstream holding() throws IOException {
    return new RawUpstream(
        connection -> {
          while (!connection.readMessage().isEmpty()) {
            arrived.incrementAndGet();
            awaitLatch(release);
            connection.send(RawUpstream.okAnswer("ok"));
          }
        });
  }

  private void awaitArrived(int count) {
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> arrived.get() == count);
  }

  @Test
  void moreRequestsThanMayBeUnderWayGet503UntilOneIsOver() throws IOException {
    try (var upstream = holding()) {
      apply(upstream, limits(100, 100, 1));
      try (var first = front.client();
          var second = front.client()) {
        first.send(GET);
        awaitArrived(1);
        assertThat(second.send(GET).readMessage())
            .startsWith("HTTP/1.1 503")
            .contains("x-fairlead-reason: overload");
        release.countDown();
        assertThat(first.readMessage()).endsWith("ok");
        assertThat(second.send(GET).readMessage()).endsWith("ok");
        assertThat(first.send(GET).readMessage()).endsWith("ok");
      }
      assertThat(upstream.heads()).hasSize(3);
    }
  }

  @Test
  void requestsWaitForTheConnectionsThatThereMayBe() throws IOException {
    try (var upstream = holding()) {
      apply(upstream, limits(1, 1, 100));
      try (var first = front.client();
          var second = front.client();
          var third = front.client()) {
        first.send(GET);
        awaitArrived(1);
        second.send(GET);
        Awaitility.await().until(() -> clusters().contains("\"active\":2"));
        assertThat(third.send(GET).readMessage()).startsWith("HTTP/1.1 503");
        release.countDown();
        assertThat(first.readMessage()).endsWith("ok");
        assertThat(second.readMessage()).endsWith("ok");
        assertThat(third.send(GET).readMessage()).endsWith("ok");
      }
      assertThat(upstream.accepted()).isEqualTo(1);
    }
  }

  private String clusters() throws IOException {
    try (var admin = RawSocket.connect(front.plane().adminAddress())) {
      return admin.send("GET /clusters HTTP/1.1\r\nHost: admin\r\n\r\n").readMessage();
    }
  }

  @Test
  void boundsThatChangeCountWhatIsThereAlready() throws IOException {
    try (var upstream = holding()) {
      front.sendTo(upstream.address());
      List<RawSocket> clients = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        clients.add(front.client());
        clients.getLast().send(GET);
      }
      awaitArrived(3);
      apply(upstream, limits(3, 0, 100));
      try (var late = front.client()) {
        assertThat(late.send(GET).readMessage()).startsWith("HTTP/1.1 503");
        release.countDown();
        for (RawSocket client : clients) {
          assertThat(client.readMessage()).endsWith("ok");
          client.close();
        }
        assertThat(late.send(GET).readMessage()).endsWith("ok");
      }
      assertThat(upstream.accepted()).isEqualTo(3);
    }
  }

  @Test
  void aConnectionGetsNoMoreRequestsThanItMay() throws IOException {
    try (var upstream = RawUpstream.ok("ok");
        var client = front.client(upstream)) {
      apply(
          upstream,
          new UpstreamLimits(
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.of(2),
              Optional.empty()));
      for (int i = 0; i < 6; i++) {
        assertThat(client.send(GET).readMessage()).endsWith("ok");
      }
      assertThat(upstream.accepted()).isEqualTo(3);
    }
  }

  @Test
  void aConnectionGetsNoMoreRequestsWhenItIsOld() throws IOException {
    try (var upstream = RawUpstream.ok("ok");
        var client = front.client(upstream)) {
      apply(
          upstream,
          new UpstreamLimits(
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.of(Duration.ofMillis(20))));
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> {
                assertThat(client.send(GET).readMessage()).endsWith("ok");
                return upstream.accepted() >= 3;
              });
    }
  }

  private static UpstreamLimits heads(int kib, int fields) {
    return limits(100, 100, 100)
        .withHttp(new UpstreamLimits.Http(Optional.empty(), Optional.of(kib), Optional.of(fields)));
  }

  @Test
  void answersWithLargerHeadsThanTheirClusterAllowsAreNone() throws IOException {
    String large = "HTTP/1.1 200 OK\r\nX: " + "y".repeat(1_100) + "\r\nContent-Length: 0\r\n\r\n";
    String many = "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nC: 3\r\nContent-Length: 0\r\n\r\n";
    String endless = "HTTP/1.1 200 OK\r\nX: " + "y".repeat(1_100);
    for (String answer : List.of(large, many, endless)) {
      try (var upstream = RawUpstream.answering(answer)) {
        apply(upstream, heads(1, 3));
        try (var client = front.client()) {
          assertThat(client.send(GET).readMessage())
              .startsWith("HTTP/1.1 502")
              .contains("the head is larger than the limit");
        }
      }
    }
    try (var upstream = RawUpstream.answering(many);
        var client = front.client()) {
      apply(upstream, heads(1, 4));
      assertThat(client.send(GET).readMessage()).startsWith("HTTP/1.1 200");
    }
  }
}
