package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Preconnect;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.UpstreamLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Connections that are there before they are asked for. */
@ExtendWith(LeakCheck.class)
class PreconnectIT {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicInteger arrived = new AtomicInteger();

  @AfterEach
  void stop() {
    release.countDown();
    front.close();
  }

  private RawUpstream holding() throws IOException {
    return new RawUpstream(
        connection -> {
          while (!connection.readMessage().isEmpty()) {
            arrived.incrementAndGet();
            Waiting.awaitLatch(release);
            connection.send(RawUpstream.okAnswer("ok"));
          }
        });
  }

  private void apply(
      Optional<Integer> connections, Optional<Preconnect> preconnect, RawUpstream... upstreams) {
    var limits =
        new UpstreamLimits(
            connections,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            preconnect,
            UpstreamLimits.Http.NONE);
    var addresses =
        java.util.Arrays.stream(upstreams)
            .map(RawUpstream::address)
            .toArray(io.fairlead.traffic.HostPort[]::new);
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
            Model.cluster("backend", ResilienceSettings.none(), addresses).withLimits(limits)));
  }

  private static Optional<Preconnect> ahead(double perUpstream, double predictive) {
    return Optional.of(new Preconnect(perUpstream, predictive));
  }

  private static void awaitAccepted(RawUpstream upstream, int count) {
    await().atMost(BOUND).until(() -> upstream.accepted() == count);
  }

  @Test
  void anEndpointIsConnectedToBeforeTheFirstRequestAndAheadOfTheLoad() throws IOException {
    try (var upstream = holding()) {
      apply(Optional.empty(), ahead(2, 1), upstream);
      awaitAccepted(upstream, 1);
      try (var one = front.client();
          var two = front.client()) {
        one.send(GET);
        await().atMost(BOUND).until(() -> arrived.get() == 1);
        awaitAccepted(upstream, 2);
        two.send(GET);
        await().atMost(BOUND).until(() -> arrived.get() == 2);
        awaitAccepted(upstream, 4);
        release.countDown();
        assertThat(one.readMessage()).startsWith("HTTP/1.1 200");
        assertThat(two.readMessage()).startsWith("HTTP/1.1 200");
        assertThat(one.send(GET).readMessage()).startsWith("HTTP/1.1 200");
      }
      assertThat(upstream.accepted()).isEqualTo(4);
    }
  }

  @Test
  void noMoreConnectionsAreMadeThanMayBeOpen() throws IOException {
    try (var upstream = holding()) {
      apply(Optional.of(2), ahead(3, 1), upstream);
      awaitAccepted(upstream, 1);
      try (var client = front.client()) {
        client.send(GET);
        awaitAccepted(upstream, 2);
        release.countDown();
        assertThat(client.readMessage()).startsWith("HTTP/1.1 200");
      }
      assertThat(upstream.accepted()).isEqualTo(2);
    }
  }

  @Test
  void theNextEndpointIsConnectedToWhileTheFirstIsBusy() throws IOException {
    try (var first = holding();
        var second = holding()) {
      apply(Optional.empty(), ahead(1, 2), first, second);
      try (var client = front.client()) {
        client.send(GET);
        await().atMost(BOUND).until(() -> first.accepted() == 1 && second.accepted() == 1);
        release.countDown();
        assertThat(client.readMessage()).startsWith("HTTP/1.1 200");
      }
    }
  }

  @Test
  void withoutItNothingIsConnectedToAhead() throws IOException {
    try (var upstream = RawUpstream.ok("ok")) {
      apply(Optional.empty(), Optional.empty(), upstream);
      try (var client = front.client()) {
        for (int i = 0; i < 3; i++) {
          assertThat(client.send(GET).readMessage()).startsWith("HTTP/1.1 200");
        }
      }
      assertThat(upstream.accepted()).isEqualTo(1);
    }
  }
}
