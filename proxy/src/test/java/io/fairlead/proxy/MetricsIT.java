package io.fairlead.proxy;

import static io.fairlead.proxy.Waiting.awaitLatch;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.traffic.Listener.Role;
import io.fairlead.traffic.RouteAction;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The metrics of real requests, as Prometheus reads them. */
@ExtendWith(LeakCheck.class)
class MetricsIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final ResilienceSettings NONE = ResilienceSettings.none();

  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(2));

  @AfterEach
  void stop() {
    front.close();
  }

  private List<String> scrape() throws IOException {
    try (var admin = RawSocket.connect(front.plane().adminAddress())) {
      String page =
          admin.send("GET /stats/prometheus HTTP/1.1\r\nHost: admin\r\n\r\n").readMessage();
      assertThat(page).startsWith("HTTP/1.1 200").contains("content-type: text/plain");
      return page.lines().toList();
    }
  }

  /** The sum of all samples whose series begins so. */
  private static long sum(List<String> page, String series) {
    return page.stream()
        .filter(line -> line.startsWith(series))
        .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static String requests(String cluster, String codeClass, String reason) {
    return "fairlead_requests_total{component=\"outbound\",cluster=\"%s\",code_class=\"%s\","
            .formatted(cluster, codeClass)
        + "reason=\"%s\"} ".formatted(reason);
  }

  @Test
  void everyRequestIsCountedByItsOutcome() throws IOException {
    String failed = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";
    var guarded =
        NONE.withCircuitBreaker(CircuitBreakerSettings.defaults())
            .withRetry(RetrySettings.defaults());
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(
          Model.snapshot(
              Model.listener("front", "routes"),
              Model.table(
                  "routes",
                  Model.route("direct", "/direct", new RouteAction.DirectResponse(404, "no")),
                  Model.route("all", "/all", RouteAction.Forward.to("backend"))),
              Model.cluster("backend", guarded, upstream.address())));
      try (var client = front.client()) {
        for (int i = 0; i < 7; i++) {
          client.send("GET /all HTTP/1.1\r\nHost: h\r\n\r\n").readMessage();
        }
        client.send("GET /direct HTTP/1.1\r\nHost: h\r\n\r\n").readMessage();
        client.send("GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n").readMessage();
        upstream.script(
            connection -> {
              while (!connection.readMessage().isEmpty()) {
                connection.send(failed);
              }
            });
        upstream.closeConnections();
        Awaitility.await()
            .until(
                () ->
                    client
                        .send("POST /all HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
                        .readMessage()
                        .startsWith("HTTP/1.1 500"));
      }
      var page = scrape();
      assertThat(page)
          .contains(
              requests("backend", "2xx", "") + 7,
              requests("backend", "5xx", "") + 1,
              requests("", "4xx", "direct-response") + 1,
              requests("", "4xx", "no-route") + 1,
              "fairlead_request_duration_seconds_count{component=\"outbound\","
                  + "cluster=\"backend\"} 8",
              "fairlead_requests_active{component=\"outbound\"} 0",
              "fairlead_circuit_breaker_state{cluster=\"backend\"} 0",
              "fairlead_downstream_connections_total{listener=\"front\"} 1",
              "fairlead_spans_exported_total 0",
              "fairlead_spans_dropped_total 0");
      assertThat(sum(page, "fairlead_requests_total")).isEqualTo(10);
    }
  }

  @Test
  void retriesAreCountedApartFromTheirRequest() throws IOException {
    String failed = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
    try (var upstream = RawUpstream.answering(failed)) {
      front.apply(Model.plain(NONE.withRetry(RetrySettings.defaults()), upstream.address()));
      try (var client = front.client()) {
        client.send(GET).readMessage();
      }
      int retries = upstream.heads().size() - 1;
      assertThat(retries).isPositive();
      assertThat(scrape())
          .contains(
              requests("backend", "5xx", "") + 1,
              "fairlead_upstream_retries_total{component=\"outbound\",cluster=\"backend\"} "
                  + retries);
    }
  }

  @Test
  void openBreakerShows() throws IOException {
    String failed = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";
    var guarded = NONE.withCircuitBreaker(CircuitBreakerSettings.defaults());
    try (var upstream = RawUpstream.answering(failed)) {
      front.apply(Model.plain(guarded, upstream.address()));
      try (var client = front.client()) {
        for (int i = 0; i < 12; i++) {
          client.send(GET).readMessage();
        }
      }
      assertThat(scrape())
          .contains(
              "fairlead_circuit_breaker_state{cluster=\"backend\"} 2",
              requests("backend", "5xx", "") + 10,
              requests("backend", "5xx", "circuit-open") + 2);
    }
  }

  @Test
  void requestsUnderWayShowAndEndWhereTheyBegan() throws IOException {
    CountDownLatch changed = new CountDownLatch(1);
    try (var first =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  awaitLatch(changed);
                  connection.send(RawUpstream.okAnswer("first"));
                });
        var second = RawUpstream.ok("second")) {
      front.sendTo(first.address());
      try (var client = front.client()) {
        client.send(GET);
        Awaitility.await()
            .until(() -> sum(scrape(), "fairlead_requests_active{component=\"outbound\"}") == 1);
        front.apply(
            Model.snapshot(
                Model.listener("front", "routes"),
                Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("other"))),
                Model.cluster("other", NONE, second.address())));
        changed.countDown();
        assertThat(client.readMessage()).endsWith("first");
        assertThat(client.send(GET).readMessage()).endsWith("second");
        assertThat(scrape())
            .contains(
                requests("backend", "2xx", "") + 1,
                requests("other", "2xx", "") + 1,
                "fairlead_requests_active{component=\"outbound\"} 0");
      }
    }
  }

  @Test
  void everyRequestIsCountedOnceWhileConfigurationsChange() throws Exception {
    try (var a = RawUpstream.ok("a");
        var b = RawUpstream.ok("b")) {
      front.sendTo(a.address());
      AtomicBoolean done = new AtomicBoolean();
      AtomicLong answers = new AtomicLong();
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        clients.add(Thread.startVirtualThread(() -> call(done, answers)));
      }
      for (int i = 0; i < 60; i++) {
        Role role = i % 3 == 0 ? Role.INBOUND : Role.OUTBOUND;
        front.apply(
            Model.recorded(Model.plain(NONE, i % 2 == 0 ? a.address() : b.address()), role));
        long before = answers.get();
        Awaitility.await()
            .pollInterval(Duration.ofMillis(1))
            .until(() -> answers.get() > before + 8);
      }
      done.set(true);
      for (Thread client : clients) {
        client.join();
      }
      var page = scrape();
      assertThat(sum(page, "fairlead_requests_total")).isEqualTo(answers.get());
      assertThat(sum(page, "fairlead_request_duration_seconds_count")).isEqualTo(answers.get());
      assertThat(sum(page, "fairlead_requests_active")).isZero();
    }
  }

  private void call(AtomicBoolean done, AtomicLong answers) {
    try (var client = front.client()) {
      while (!done.get()) {
        if (client.send(GET).readMessage().isEmpty()) {
          throw new IllegalStateException("a connection was closed");
        }
        answers.incrementAndGet();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void clientThatGoesIsCountedWithoutStatus() throws IOException {
    CountDownLatch arrived = new CountDownLatch(1);
    try (var upstream =
        new RawUpstream(
            connection -> {
              connection.readHead();
              arrived.countDown();
              connection.readHead();
            })) {
      try (var client = front.client(upstream)) {
        client.send(GET);
        awaitLatch(arrived);
        client.reset();
      }
      Awaitility.await().until(() -> scrape().contains(requests("backend", "none", "") + 1));
    }
  }

  @Test
  void headsThatAreNoRequestAreCountedByThePort() throws IOException {
    front.sendTo(Model.ANY_PORT);
    try (var client = front.client()) {
      client.send("rubbish\r\n\r\n").readMessage();
    }
    var page = scrape();
    assertThat(page)
        .contains("fairlead_downstream_refused_total{listener=\"front\",reason=\"bad-request\"} 1");
    assertThat(sum(page, "fairlead_requests_total")).isZero();
  }
}
