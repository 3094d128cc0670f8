package io.fairlead.proxy;

import static io.fairlead.proxy.Waiting.awaitLatch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.resilience.AdaptiveLimitSettings;
import io.fairlead.resilience.LimitAlgorithm;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.HostPort;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The proxy finds how many requests at a time a cluster bears. */
@ExtendWith(LeakCheck.class)
class AdaptiveLimitIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(2));

  @AfterEach
  void stop() {
    front.close();
  }

  private void apply(AdaptiveLimitSettings limit, HostPort upstream) {
    front.apply(Model.plain(ResilienceSettings.none().withAdaptiveLimit(limit), upstream));
  }

  private long figure(String name) throws IOException {
    try (var admin = RawSocket.connect(front.plane().adminAddress())) {
      String page =
          admin
              .send("GET /stats/prometheus HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
              .readToEnd();
      String line =
          page.lines().filter(l -> l.startsWith(name + "{")).findFirst().orElse(name + " -1");
      return Long.parseLong(line.substring(line.lastIndexOf(' ') + 1));
    }
  }

  @Test
  void requestsAboveTheLimitAreRefusedUntilOthersEnd() throws IOException {
    CountDownLatch released = new CountDownLatch(1);
    try (var upstream =
        new RawUpstream(
            connection -> {
              while (!connection.readMessage().isEmpty()) {
                awaitLatch(released);
                connection.send(RawUpstream.okAnswer("hello"));
              }
            })) {
      apply(AdaptiveLimitSettings.fixed(2), upstream.address());
      try (var one = front.client();
          var two = front.client();
          var three = front.client()) {
        one.send(GET);
        two.send(GET);
        await()
            .atMost(Duration.ofSeconds(10))
            .until(() -> figure("fairlead_adaptive_limit_in_flight") == 2);
        assertThat(three.send(GET).readMessage())
            .startsWith("HTTP/1.1 503")
            .contains("x-fairlead-reason: concurrency-limit", "retry-after: 1");
        assertThat(figure("fairlead_adaptive_limit_rejected_total")).isEqualTo(1);
        released.countDown();
        assertThat(one.readMessage()).endsWith("hello");
        assertThat(two.readMessage()).endsWith("hello");
        assertThat(three.send(GET).readMessage()).endsWith("hello");
      }
      assertThat(figure("fairlead_adaptive_limit_in_flight")).isZero();
    }
  }

  @Test
  void anUpstreamThatSaysItIsOverloadedGetsFewerRequestsAtATime() throws Exception {
    CountDownLatch arrived = new CountDownLatch(8);
    try (var upstream =
        new RawUpstream(
            connection -> {
              while (!connection.readMessage().isEmpty()) {
                arrived.countDown();
                awaitLatch(arrived);
                connection.send("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
              }
            })) {
      apply(new AdaptiveLimitSettings(LimitAlgorithm.aimd(), 10, 1, 100), upstream.address());
      for (int i = 0; i < 8; i++) {
        Thread.startVirtualThread(this::call);
      }
      assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> figure("fairlead_adaptive_limit_in_flight") == 0);
      assertThat(figure("fairlead_adaptive_limit")).isEqualTo(9);
    }
  }

  private void call() {
    try (var client = front.client()) {
      client.send(GET).readMessage();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void clientsThatLeaveGiveTheirPlacesBack() throws IOException {
    try (var upstream = new RawUpstream(connection -> connection.readToEnd())) {
      apply(AdaptiveLimitSettings.fixed(2), upstream.address());
      var client = front.client().send(GET);
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> figure("fairlead_adaptive_limit_in_flight") == 1);
      client.reset();
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> figure("fairlead_adaptive_limit_in_flight") == 0);
      assertThat(figure("fairlead_adaptive_limit")).isEqualTo(2);
    }
  }
}
