package io.fairlead.proxy;

import static io.fairlead.proxy.Waiting.awaitLatch;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.RateLimitSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetryBudgetSettings;
import io.fairlead.resilience.RetryOn;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.HttpFilter;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Breakers, retries, timeouts, bulkheads and limits on real connections. */
@ExtendWith(LeakCheck.class)
class ResilienceIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final String POST = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";
  private static final String FAILED =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno";
  private static final ResilienceSettings NONE = ResilienceSettings.none();

  private final Front front = new Front();

  @AfterEach
  void stop() {
    front.close();
  }

  @Test
  void breakerOpensProbesAndCloses() throws IOException {
    var settings =
        CircuitBreakerSettings.defaults().withWaitDurationInOpenState(Duration.ofMillis(300));
    try (var upstream = RawUpstream.answering(FAILED)) {
      front.apply(Model.plain(NONE.withCircuitBreaker(settings), upstream.address()));
      try (var client = front.client()) {
        // The window is judged from ten calls on.
        for (int i = 0; i < 10; i++) {
          assertThat(client.send(GET).readMessage()).isEqualTo(FAILED);
        }
        assertThat(client.send(GET).readMessage())
            .startsWith("HTTP/1.1 503")
            .contains("x-fairlead-reason: circuit-open", "retry-after: 1", "backend");
        assertThat(upstream.heads()).hasSize(10);
        upstream.script(
            connection -> {
              while (!connection.readMessage().isEmpty()) {
                connection.send(RawUpstream.okAnswer("well"));
              }
            });
        upstream.closeConnections();
        Awaitility.await()
            .atMost(Duration.ofSeconds(5))
            .until(() -> client.send(GET).readMessage().endsWith("well"));
        for (int i = 0; i < 20; i++) {
          assertThat(client.send(GET).readMessage()).endsWith("well");
        }
      }
    }
  }

  @Test
  void breakerSurvivesAnUpdateOfItsCluster() throws IOException {
    ResilienceSettings guarded = NONE.withCircuitBreaker(CircuitBreakerSettings.defaults());
    try (var upstream = RawUpstream.answering(FAILED);
        var second = RawUpstream.ok("well")) {
      front.apply(Model.plain(guarded, upstream.address()));
      try (var client = front.client()) {
        for (int i = 0; i < 10; i++) {
          client.send(GET).readMessage();
        }
        front.apply(Model.plain(guarded, upstream.address(), second.address()));
        assertThat(client.send(GET).readMessage()).contains("x-fairlead-reason: circuit-open");
      }
    }
  }

  @Test
  void connectFailuresOpenTheBreakerToo() throws IOException {
    front.apply(
        Model.plain(NONE.withCircuitBreaker(CircuitBreakerSettings.defaults()), closedPort()));
    try (var client = front.client()) {
      for (int i = 0; i < 10; i++) {
        assertThat(client.send(GET).readMessage()).contains("x-fairlead-reason: connect-failed");
      }
      assertThat(client.send(GET).readMessage()).contains("x-fairlead-reason: circuit-open");
    }
  }

  @Test
  void clientsThatGoDoNotOpenTheBreaker() throws IOException {
    AtomicInteger arrived = new AtomicInteger();
    var settings = CircuitBreakerSettings.defaults().withMinimumNumberOfCalls(2);
    try (var upstream =
        new RawUpstream(
            connection -> {
              connection.readHead();
              arrived.incrementAndGet();
              connection.readHead();
            })) {
      front.apply(Model.plain(NONE.withCircuitBreaker(settings), upstream.address()));
      for (int i = 1; i <= 5; i++) {
        int expected = i;
        try (var client = front.client()) {
          client.send(GET);
          Awaitility.await().until(() -> arrived.get() == expected);
          client.reset();
        }
      }
      upstream.script(
          connection -> {
            connection.readHead();
            connection.send(RawUpstream.okAnswer("still closed"));
          });
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage()).endsWith("still closed");
      }
    }
  }

  @Test
  void failedAttemptIsRetriedUntilItSucceeds() throws IOException {
    AtomicInteger calls = new AtomicInteger();
    try (var upstream =
        new RawUpstream(
            connection -> {
              while (!connection.readMessage().isEmpty()) {
                connection.send(
                    calls.incrementAndGet() < 3 ? FAILED : RawUpstream.okAnswer("third"));
              }
            })) {
      front.apply(Model.plain(NONE.withRetry(retry()), upstream.address()));
      try (var client = front.client()) {
        assertThat(client.send(POST).readMessage()).endsWith("third");
        assertThat(upstream.heads()).hasSize(3).containsOnly(upstream.heads().getFirst());
        assertThat(upstream.accepted()).isEqualTo(1);
      }
    }
  }

  @Test
  void lastFailureComesThrough() throws IOException {
    try (var upstream = RawUpstream.answering(FAILED)) {
      front.apply(Model.plain(NONE.withRetry(retry()), upstream.address()));
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage()).isEqualTo(FAILED);
        assertThat(upstream.heads()).hasSize(4);
      }
    }
  }

  @Test
  void clientErrorsAreNotRetried() throws IOException {
    String answer = "HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n";
    try (var upstream = RawUpstream.answering(answer)) {
      front.apply(
          Model.plain(
              NONE.withRetry(retry().withOn(Set.of(RetryOn.values()))), upstream.address()));
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage()).startsWith("HTTP/1.1 409");
        assertThat(upstream.heads()).hasSize(1);
      }
    }
  }

  @Test
  void tooManyRequestsIsRetriedOnlyWhenNamedAndWhenItsTimeIsNear() throws IOException {
    String soon = "HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n";
    String late = "HTTP/1.1 429 Slow\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n";
    assertThat(attemptsUpon(soon, retry())).isEqualTo(1);
    RetrySettings named = retry().withOn(Set.of(RetryOn.TOO_MANY_REQUESTS));
    assertThat(attemptsUpon(soon, named)).isEqualTo(4);
    assertThat(attemptsUpon(late, named)).isEqualTo(1);
  }

  private int attemptsUpon(String answer, RetrySettings settings) throws IOException {
    try (var upstream = RawUpstream.answering(answer)) {
      front.apply(Model.plain(NONE.withRetry(settings), upstream.address()));
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage()).startsWith("HTTP/1.1 429");
        return upstream.heads().size();
      }
    }
  }

  @Test
  void retryGoesToAnotherEndpoint() throws IOException {
    try (var bad = new RawUpstream(RawSocket::readHead);
        var good = RawUpstream.ok("good")) {
      front.apply(Model.plain(NONE.withRetry(retry()), bad.address(), good.address()));
      try (var client = front.client()) {
        for (int i = 0; i < 20; i++) {
          assertThat(client.send(GET).readMessage()).endsWith("good");
        }
      }
      assertThat(bad.accepted()).isPositive();
    }
  }

  @Test
  void refusedConnectionIsTriedElsewhereWithoutAnyPolicy() throws IOException {
    try (var good = RawUpstream.ok("good")) {
      front.sendTo(closedPort(), closedPort(), good.address());
      try (var client = front.client()) {
        for (int i = 0; i < 20; i++) {
          assertThat(client.send(POST).readMessage()).endsWith("good");
        }
      }
    }
  }

  @Test
  void bodyAboveTheReplayBoundIsNotRetried() throws IOException {
    int size = 100_000;
    try (var upstream = RawUpstream.answering(FAILED)) {
      front.apply(Model.plain(NONE.withRetry(retry()), upstream.address()));
      try (var client = front.client()) {
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + size + "\r\n\r\n");
        client.send("x".repeat(size));
        assertThat(client.readMessage()).isEqualTo(FAILED);
        assertThat(upstream.heads()).hasSize(1);
      }
    }
  }

  @Test
  void bodyThatComesInPiecesIsReplayedWhole() throws IOException {
    List<String> bodies = new ArrayList<>();
    try (var upstream =
        new RawUpstream(
            connection -> {
              for (String m = connection.readMessage();
                  !m.isEmpty();
                  m = connection.readMessage()) {
                bodies.add(m.substring(m.indexOf("\r\n\r\n") + 4));
                connection.send(bodies.size() < 2 ? FAILED : RawUpstream.okAnswer("done"));
              }
            })) {
      front.apply(Model.plain(NONE.withRetry(retry()), upstream.address()));
      try (var client = front.client()) {
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 30000\r\n\r\n");
        for (int i = 0; i < 30; i++) {
          client.send(String.valueOf((char) ('a' + i % 26)).repeat(1_000));
        }
        assertThat(client.readMessage()).endsWith("done");
        assertThat(bodies).hasSize(2);
        assertThat(bodies.get(0)).hasSize(30_000).isEqualTo(bodies.get(1));
      }
    }
  }

  @Test
  void budgetStopsRetries() throws IOException {
    var settings = retry().withBudget(Optional.of(new RetryBudgetSettings(0, 0)));
    try (var upstream = RawUpstream.answering(FAILED)) {
      front.apply(Model.plain(NONE.withRetry(settings), upstream.address()));
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage()).isEqualTo(FAILED);
        assertThat(upstream.heads()).hasSize(1);
      }
    }
  }

  @Test
  void requestTimeoutCountsRetriesIn() throws IOException {
    var slow = retry().withMaxDelay(Duration.ofSeconds(5)).withInitialDelay(Duration.ofSeconds(5));
    var timeout = TimeoutSettings.defaults().withRequest(Duration.ofMillis(200));
    try (var upstream = RawUpstream.answering(FAILED)) {
      front.apply(Model.plain(NONE.withRetry(slow).withTimeout(timeout), upstream.address()));
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage())
            .startsWith("HTTP/1.1 504")
            .contains("x-fairlead-reason: timeout");
        assertThat(client.send(GET).readMessage()).startsWith("HTTP/1.1 504");
      }
    }
  }

  @Test
  void silentUpstreamIsGivenUp() throws IOException {
    CountDownLatch closed = new CountDownLatch(1);
    var timeout = TimeoutSettings.defaults().withRequest(Duration.ofMillis(200));
    try (var upstream =
        new RawUpstream(
            connection -> {
              connection.readHead();
              if (connection.readHead().isEmpty()) {
                closed.countDown();
              }
            })) {
      front.apply(Model.plain(NONE.withTimeout(timeout), upstream.address()));
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage()).contains("x-fairlead-reason: timeout");
        awaitLatch(closed);
      }
    }
  }

  @Test
  void answerThatStallsIsCutByTheIdleTimeout() throws IOException {
    var timeout =
        TimeoutSettings.defaults().withRequest(Duration.ZERO).withIdle(Duration.ofMillis(200));
    try (var upstream =
        new RawUpstream(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
              connection.readHead();
            })) {
      front.apply(Model.plain(NONE.withTimeout(timeout), upstream.address()));
      try (var client = front.client()) {
        String head = client.send(GET).readHead();
        assertThat(head).startsWith("HTTP/1.1 200");
        String rest = "(reset)";
        try {
          rest = client.readToEnd();
        } catch (IOException e) {
          assertThat(e).hasMessageContaining("reset");
        }
        assertThat(rest).isIn("abc", "(reset)");
      }
    }
  }

  @Test
  void fullBulkheadAnswersAtOnceAndIsFreedByEveryEnd() throws IOException {
    CountDownLatch arrived = new CountDownLatch(2);
    CountDownLatch go = new CountDownLatch(1);
    try (var upstream =
        new RawUpstream(
            connection -> {
              while (!connection.readHead().isEmpty()) {
                arrived.countDown();
                awaitLatch(go);
                connection.send(RawUpstream.okAnswer("done"));
              }
            })) {
      var two = BulkheadSettings.defaults().withMaxConcurrentCalls(2);
      front.apply(Model.plain(NONE.withBulkhead(two), upstream.address()));
      try (var a = front.client();
          var b = front.client();
          var c = front.client()) {
        a.send(GET);
        b.send(GET);
        awaitLatch(arrived);
        assertThat(c.send(GET).readMessage())
            .startsWith("HTTP/1.1 503")
            .contains("x-fairlead-reason: bulkhead-full", "retry-after: 1");
        go.countDown();
        assertThat(a.readMessage()).endsWith("done");
        assertThat(b.readMessage()).endsWith("done");
        assertThat(c.send(GET).readMessage()).endsWith("done");
        assertThat(a.send(GET).readMessage()).endsWith("done");
      }
    }
  }

  @Test
  void routeAndListenerLimitsAnswerWithRetryAfter() throws IOException {
    var limit = new RateLimitSettings(3, Duration.ofMinutes(1));
    try (var upstream = RawUpstream.ok("ok")) {
      Route limited =
          new Route(
              "limited",
              Route.Match.path(new Route.PathMatch.Prefix("/")),
              RouteAction.Forward.to("backend"),
              HeaderChanges.NONE,
              HeaderChanges.NONE,
              NONE.withRateLimit(limit),
              Optional.empty());
      front.apply(
          Model.snapshot(
              Model.listener("front", "routes"),
              Model.table("routes", limited),
              Model.cluster("backend", NONE, upstream.address())));
      assertLimited(3);
      front.apply(
          Model.snapshot(
              Model.listener("front", "routes", new HttpFilter.LocalRateLimit(limit)),
              Model.table("routes", Model.route("free", "/", RouteAction.Forward.to("backend"))),
              Model.cluster("backend", NONE, upstream.address())));
      assertLimited(3);
    }
  }

  private void assertLimited(int passing) throws IOException {
    try (var client = front.client()) {
      for (int i = 0; i < passing; i++) {
        assertThat(client.send(GET).readMessage()).endsWith("ok");
      }
      assertThat(client.send(GET).readMessage())
          .startsWith("HTTP/1.1 429")
          .contains("x-fairlead-reason: rate-limited")
          .containsPattern("retry-after: (19|20)\r\n");
    }
  }

  @Test
  void clusterWithoutEndpointsIsSaid() throws IOException {
    front.sendTo();
    try (var client = front.client()) {
      assertThat(client.send(GET).readMessage())
          .startsWith("HTTP/1.1 503")
          .contains("x-fairlead-reason: no-healthy-upstream", "backend has no healthy endpoint");
    }
  }

  private static RetrySettings retry() {
    return RetrySettings.defaults()
        .withMaxRetries(3)
        .withInitialDelay(Duration.ofMillis(5))
        .withMaxDelay(Duration.ofMillis(20));
  }

  private static HostPort closedPort() throws IOException {
    try (var unused = new ServerSocket(0)) {
      return new HostPort("127.0.0.1", unused.getLocalPort());
    }
  }
}
