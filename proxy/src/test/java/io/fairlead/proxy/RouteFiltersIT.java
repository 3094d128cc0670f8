package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetryOn;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.Route.ValueMatch;
import io.fairlead.traffic.RouteFilters;
import io.fairlead.traffic.RouteFilters.Cors;
import io.fairlead.traffic.RouteFilters.FaultInjection;
import io.fairlead.traffic.RouteFilters.Mirror;
import io.fairlead.traffic.Share;
import io.fairlead.traffic.StringMatch;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What routes do beside forwarding: copies, faults, other origins, and time for each attempt. */
@ExtendWith(LeakCheck.class)
class RouteFiltersIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final RouteFilters NONE = RouteFilters.NONE;
  private static final Share NO = new Share(0);
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));

  @AfterEach
  void stop() {
    front.close();
  }

  private static RouteFilters mirrors(Mirror... mirrors) {
    return new RouteFilters(
        List.of(mirrors),
        NONE.fault(),
        NONE.cors(),
        NONE.perTry(),
        NONE.hedge(),
        NONE.limits(),
        NONE.retryCodes());
  }

  private static RouteFilters fault(FaultInjection fault) {
    return new RouteFilters(
        List.of(),
        Optional.of(fault),
        NONE.cors(),
        NONE.perTry(),
        NONE.hedge(),
        NONE.limits(),
        NONE.retryCodes());
  }

  private static RouteFilters perTry(Duration time, Integer... codes) {
    SortedSet<Integer> set = new TreeSet<>(Set.of(codes));
    return new RouteFilters(
        List.of(), NONE.fault(), NONE.cors(), Optional.of(time), NONE.hedge(), NONE.limits(), set);
  }

  private RawSocket client(RawUpstream upstream, RouteFilters filters) throws IOException {
    return client(upstream, upstream, filters, ResilienceSettings.none());
  }

  private RawSocket client(
      RawUpstream upstream, RawUpstream shadow, RouteFilters filters, ResilienceSettings policy)
      throws IOException {
    Route route = Model.route(policy, filters);
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", route),
            Model.cluster("backend", ResilienceSettings.none(), upstream.address()),
            Model.cluster("shadow", ResilienceSettings.none(), shadow.address())));
    return front.client();
  }

  /** Records every message and answers it with another one. */
  private static RawUpstream recording(List<String> messages, String answer) throws IOException {
    return new RawUpstream(
        connection -> {
          for (String m = connection.readMessage(); !m.isEmpty(); m = connection.readMessage()) {
            messages.add(m.replaceAll("x-request-id: .*\r\n", ""));
            connection.send(answer);
          }
        });
  }

  @Test
  void mirrorGetsTheWholeRequestAndItsAnswerIsDropped() throws IOException {
    List<String> seen = new CopyOnWriteArrayList<>();
    List<String> copied = new CopyOnWriteArrayList<>();
    try (var upstream = recording(seen, RawUpstream.okAnswer("real"));
        var shadow = recording(copied, "HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\ncopy");
        var client =
            client(
                upstream, shadow, mirrors(new Mirror("shadow", Share.ALL)), settings(Set.of()))) {
      String start = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello";
      client.send(start);
      await().until(() -> upstream.heads().size() == 1);
      assertThat(copied).as("nothing is sent before all is there").isEmpty();
      assertThat(client.send("world").readMessage()).endsWith("real");
      await().untilAsserted(() -> assertThat(copied).containsExactly(start + "world"));
      assertThat(seen).isEqualTo(copied);
      for (int i = 0; i < 20; i++) {
        assertThat(client.send(GET).readMessage()).endsWith("real");
      }
      await().until(() -> copied.size() == 21);
      assertThat(shadow.accepted()).isLessThan(21);
    }
  }

  @Test
  void mirrorThatIsDownOrSlowTouchesNoRequest() throws IOException {
    try (var upstream = RawUpstream.ok("real");
        var slow = new RawUpstream(connection -> connection.readToEnd());
        var client =
            client(
                upstream,
                slow,
                mirrors(new Mirror("shadow", Share.ALL), new Mirror("backend", NO)),
                ResilienceSettings.none())) {
      for (int i = 0; i < 5; i++) {
        assertThat(client.send(GET).readMessage()).endsWith("real");
      }
      slow.close();
      for (int i = 0; i < 5; i++) {
        assertThat(client.send(GET).readMessage()).endsWith("real");
      }
      assertThat(upstream.heads()).as("a share of nothing copies nothing").hasSize(10);
    }
  }

  @Test
  void requestThatIsLargerThanTheBoundIsNotMirrored() throws IOException {
    List<String> copied = new CopyOnWriteArrayList<>();
    try (var upstream = RawUpstream.ok("real");
        var shadow = recording(copied, RawUpstream.okAnswer("copy"));
        var client =
            client(
                upstream, shadow, mirrors(new Mirror("shadow", Share.ALL)), settings(Set.of()))) {
      String large = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n";
      assertThat(client.send(large + "x".repeat(100_000)).readMessage()).endsWith("real");
      assertThat(client.send(GET).readMessage()).endsWith("real");
      await().until(() -> copied.size() == 1);
      assertThat(copied.getFirst()).startsWith("GET");
    }
  }

  @Test
  void abortAnswersRequestsThatHaveTheHeader() throws IOException {
    var abort = new FaultInjection.Abort(418, Share.ALL);
    var only = List.of(new ValueMatch("x-fault", new StringMatch.Present()));
    try (var upstream = RawUpstream.ok("real");
        var client =
            client(
                upstream, fault(new FaultInjection(Optional.empty(), Optional.of(abort), only)))) {
      assertThat(client.send(GET).readMessage()).endsWith("real");
      assertThat(client.send(GET.replace("h\r\n\r\n", "h\r\nX-Fault:\r\n\r\n")).readMessage())
          .startsWith("HTTP/1.1 418")
          .contains("x-fairlead-reason: fault-injected");
      assertThat(client.send(GET).readMessage()).endsWith("real");
    }
  }

  @Test
  void delayedRequestGoesOnAsItWas() throws IOException {
    List<String> seen = new ArrayList<>();
    var delay = new FaultInjection.Delay(Duration.ofMillis(50), Share.ALL);
    try (var upstream = recording(seen, RawUpstream.okAnswer("real"));
        var client =
            client(
                upstream,
                fault(new FaultInjection(Optional.of(delay), Optional.empty(), List.of())))) {
      String post =
          "POST /%61/../b?q HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello";
      // The next request comes while the first one waits.
      long start = System.nanoTime();
      client.send(post + post);
      assertThat(client.readMessage()).endsWith("real");
      assertThat(client.readMessage()).endsWith("real");
      assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(100_000_000L);
      String expected = post.replace("/%61/../b", "/b");
      assertThat(seen).containsExactly(expected, expected);
      assertThat(upstream.wholeHeads())
          .as("what was added before the wait is there after it")
          .allSatisfy(head -> assertThat(head).containsOnlyOnce("x-request-id: "));
    }
  }

  @Test
  void clientThatGoesDuringTheDelayLeavesNothingBehind() throws IOException {
    var delay = new FaultInjection.Delay(Duration.ofMillis(100), Share.ALL);
    try (var upstream = RawUpstream.ok("real")) {
      var filters = fault(new FaultInjection(Optional.of(delay), Optional.empty(), List.of()));
      try (var client = client(upstream, filters)) {
        client.send(GET);
        client.reset();
      }
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage()).endsWith("real");
      }
    }
  }

  private static RouteFilters cors(Cors cors) {
    return new RouteFilters(
        List.of(),
        NONE.fault(),
        Optional.of(cors),
        NONE.perTry(),
        NONE.hedge(),
        NONE.limits(),
        NONE.retryCodes());
  }

  private static String preflight(String origin) {
    return "OPTIONS /a HTTP/1.1\r\nHost: h\r\nOrigin: "
        + origin
        + "\r\nAccess-Control-Request-Method: PUT\r\n"
        + "Access-Control-Request-Headers: x-a,x-b\r\n\r\n";
  }

  @Test
  void pagesOfAllowedOriginsMayCall() throws IOException {
    var rules =
        new Cors(
            List.of(
                new StringMatch.Exact("https://shop.example"),
                new StringMatch.Regex("https://[^/]+\\.shop\\.example")),
            List.of("GET", "PUT"),
            List.of("*"),
            List.of("x-total"),
            Cors.Credentials.ALLOWED,
            Duration.ofSeconds(60));
    try (var upstream =
            RawUpstream.answering(
                "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\n"
                    + "Content-Length: 4\r\n\r\nreal");
        var client = client(upstream, cors(rules))) {
      assertThat(client.send(preflight("https://a.b.shop.example")).readMessage())
          .startsWith("HTTP/1.1 200 OK")
          .contains(
              "x-fairlead-reason: cors-preflight",
              "access-control-allow-origin: https://a.b.shop.example\r\n",
              "access-control-allow-methods: GET, PUT\r\n",
              "access-control-allow-headers: x-a,x-b\r\n",
              "access-control-allow-credentials: true\r\n",
              "access-control-max-age: 60\r\n");
      assertThat(client.send(preflight("https://evil.example")).readMessage())
          .startsWith("HTTP/1.1 200 OK")
          .doesNotContain("access-control-allow");
      assertThat(upstream.heads()).as("questions go no further").isEmpty();
      assertThat(client.send(from("https://shop.example")).readMessage())
          .contains(
              "access-control-allow-origin: https://shop.example\r\n",
              "vary: origin\r\n",
              "access-control-allow-credentials: true\r\n",
              "access-control-expose-headers: x-total\r\n")
          .doesNotContain("Allow-Origin: *")
          .endsWith("real");
      assertThat(client.send(from("https://evil.example")).readMessage())
          .doesNotContainIgnoringCase("access-control-allow")
          .endsWith("real");
      assertThat(client.send(GET).readMessage())
          .contains("Access-Control-Allow-Origin: *")
          .endsWith("real");
    }
  }

  private static String from(String origin) {
    return GET.replace("\r\n\r\n", "\r\nOrigin: " + origin + "\r\n\r\n");
  }

  @Test
  void everyOriginMayCallWithoutCredentials() throws IOException {
    var rules =
        new Cors(
            List.of(new StringMatch.Present()),
            List.of("*"),
            List.of(),
            List.of(),
            Cors.Credentials.WITHHELD,
            Duration.ZERO);
    try (var upstream = RawUpstream.ok("real");
        var client = client(upstream, cors(rules))) {
      assertThat(client.send(preflight("null")).readMessage())
          .contains("access-control-allow-origin: *\r\n", "access-control-allow-methods: PUT\r\n")
          .doesNotContain("credentials", "max-age", "allow-headers");
      assertThat(client.send("OPTIONS / HTTP/1.1\r\nHost: h\r\nOrigin: a\r\n\r\n").readMessage())
          .as("no question about a call")
          .endsWith("real");
    }
  }

  private static ResilienceSettings settings(Set<RetryOn> on) {
    return on.isEmpty()
        ? ResilienceSettings.none()
        : ResilienceSettings.none()
            .withRetry(
                RetrySettings.defaults()
                    .withBudget(Optional.empty())
                    .withInitialDelay(Duration.ofMillis(1))
                    .withMaxRetries(2)
                    .withOn(on));
  }

  @Test
  void attemptThatTakesTooLongIsGivenUpForAnother() throws IOException {
    var calls = new java.util.concurrent.atomic.AtomicInteger();
    try (var upstream =
            new RawUpstream(
                connection -> {
                  while (!connection.readMessage().isEmpty()) {
                    if (calls.incrementAndGet() == 1) {
                      connection.readToEnd();
                      return;
                    }
                    connection.send(RawUpstream.okAnswer("second"));
                  }
                });
        var client =
            client(
                upstream,
                upstream,
                perTry(Duration.ofMillis(100)),
                settings(EnumSet.of(RetryOn.TIMEOUT)))) {
      assertThat(client.send(GET).readMessage()).endsWith("second");
      assertThat(calls).hasValue(2);
    }
  }

  @Test
  void lastAttemptThatTakesTooLongIsATimeout() throws IOException {
    try (var upstream = new RawUpstream(connection -> connection.readToEnd());
        var client =
            client(
                upstream,
                upstream,
                perTry(Duration.ofMillis(50)),
                settings(EnumSet.of(RetryOn.TIMEOUT)))) {
      assertThat(client.send(GET).readMessage())
          .startsWith("HTTP/1.1 504")
          .contains("x-fairlead-reason: timeout");
      assertThat(upstream.accepted()).isEqualTo(3);
    }
  }

  @Test
  void statusThatTheRouteNamesIsRetried() throws IOException {
    try (var upstream =
            RawUpstream.answering("HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n");
        var client =
            client(
                upstream,
                upstream,
                perTry(Duration.ofSeconds(5), 409),
                settings(EnumSet.of(RetryOn.RESET)))) {
      assertThat(client.send(GET).readMessage()).startsWith("HTTP/1.1 409");
      assertThat(upstream.heads()).hasSize(3);
    }
  }
}
