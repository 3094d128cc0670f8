package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.resilience.HedgeSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetryBudgetSettings;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteFilters;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Attempts beside one that is late: which answer counts, and what becomes of the other. */
@ExtendWith(LeakCheck.class)
class HedgeIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));
  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicInteger givenUp = new AtomicInteger();

  @AfterEach
  void stop() {
    front.close();
  }

  private RawSocket client(RawUpstream upstream, ResilienceSettings policy, int hedges)
      throws IOException {
    RouteFilters none = RouteFilters.NONE;
    Route route =
        Model.route(
            policy,
            new RouteFilters(
                List.of(),
                none.fault(),
                none.cors(),
                none.perTry(),
                Optional.of(new HedgeSettings(Duration.ofMillis(50), hedges)),
                none.limits(),
                none.retryCodes()));
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", route),
            Model.cluster("backend", ResilienceSettings.none(), upstream.address())));
    return front.client();
  }

  /** Never answers the first call, and answers the others so. */
  private RawUpstream deafOnce(String... answers) throws IOException {
    return new RawUpstream(
        connection -> {
          while (!connection.readMessage().isEmpty()) {
            int call = calls.incrementAndGet();
            if (call == 1) {
              connection.readToEnd();
              givenUp.incrementAndGet();
              return;
            }
            connection.send(answers[Math.min(call - 2, answers.length - 1)]);
          }
        });
  }

  @Test
  void lateRequestIsMadeOnceMoreAndTheFirstAnswerCounts() throws IOException {
    try (var upstream = deafOnce(RawUpstream.okAnswer("second"));
        var client = client(upstream, ResilienceSettings.none(), 1)) {
      assertThat(client.send(GET).readMessage()).endsWith("second");
      await().until(() -> givenUp.get() == 1);
      assertThat(client.send(GET).readMessage()).endsWith("second");
      assertThat(calls).hasValue(3);
    }
  }

  @Test
  void badAnswerDoesNotBeatALateGoodOne() throws IOException {
    String bad = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
    try (var upstream =
            new RawUpstream(
                connection -> {
                  while (!connection.readMessage().isEmpty()) {
                    if (calls.incrementAndGet() == 1) {
                      await().until(() -> calls.get() == 2);
                      connection.read(0);
                      connection.send(RawUpstream.okAnswer("first"));
                    } else {
                      connection.send(bad);
                    }
                  }
                });
        var client = client(upstream, ResilienceSettings.none(), 1)) {
      assertThat(client.send(GET).readMessage()).endsWith("first");
      assertThat(calls).hasValue(2);
    }
  }

  @Test
  void failureCountsWhenNoOtherIsLeft() throws IOException {
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readMessage();
                  calls.incrementAndGet();
                  await().until(() -> calls.get() == 3);
                });
        var client = client(upstream, ResilienceSettings.none(), 2)) {
      assertThat(client.send(GET).readMessage())
          .startsWith("HTTP/1.1 502")
          .contains("x-fairlead-reason: upstream-reset");
      assertThat(calls).hasValue(3);
    }
  }

  @Test
  void onlyWhatMayBeMadeTwiceIsMadeTwice() throws IOException {
    String post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
    var impatient =
        ResilienceSettings.none()
            .withTimeout(TimeoutSettings.defaults().withRequest(Duration.ofMillis(200)));
    try (var upstream = deafOnce(RawUpstream.okAnswer("second"));
        var client = client(upstream, impatient, 1)) {
      assertThat(client.send(post).readMessage()).startsWith("HTTP/1.1 504");
      assertThat(calls).hasValue(1);
    }
  }

  @Test
  void allAttemptsShareTheTimeoutAndEndWithIt() throws IOException {
    var policy =
        ResilienceSettings.none()
            .withTimeout(TimeoutSettings.defaults().withRequest(Duration.ofMillis(200)));
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readMessage();
                  calls.incrementAndGet();
                  connection.readToEnd();
                  calls.decrementAndGet();
                });
        var client = client(upstream, policy, 2)) {
      assertThat(client.send(GET).readMessage())
          .startsWith("HTTP/1.1 504")
          .contains("x-fairlead-reason: timeout");
      assertThat(upstream.accepted()).isEqualTo(3);
      await().until(() -> calls.get() == 0);
    }
  }

  @Test
  void budgetOfRetriesBoundsHedges() throws IOException {
    var policy =
        ResilienceSettings.none()
            .withTimeout(TimeoutSettings.defaults().withRequest(Duration.ofMillis(200)))
            .withRetry(
                RetrySettings.defaults()
                    .withOn(Set.of())
                    .withBudget(Optional.of(new RetryBudgetSettings(0, 0))));
    try (var upstream = deafOnce(RawUpstream.okAnswer("second"));
        var client = client(upstream, policy, 1)) {
      assertThat(client.send(GET).readMessage()).startsWith("HTTP/1.1 504");
      assertThat(calls).hasValue(1);
    }
  }
}
