package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.ApiKeys;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.event.Level;

/** The admin port, asked over real connections. */
@ExtendWith(LeakCheck.class)
class AdminIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final String FAILED =
      "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";
  private static final ResilienceSettings NONE = ResilienceSettings.none();

  private final Front front = new Front();

  @AfterEach
  void stop() {
    front.close();
  }

  private String ask(String method, String path, String... fields) throws IOException {
    return ask(front.plane(), method, path, fields);
  }

  private static String ask(DataPlane plane, String method, String path, String... fields)
      throws IOException {
    try (var client = RawSocket.connect(plane.adminAddress())) {
      String more = fields.length == 0 ? "" : String.join("\r\n", fields) + "\r\n";
      return client
          .send(method + " " + path + " HTTP/1.1\r\nHost: admin\r\n" + more + "\r\n")
          .readMessage();
    }
  }

  private static String body(String message) {
    return message.substring(message.indexOf("\r\n\r\n") + 4).stripTrailing();
  }

  @Test
  void readyOnceConfiguredUntilItDrains() throws Exception {
    assertThat(ask("GET", "/ready")).startsWith("HTTP/1.1 503");
    try (var upstream = RawUpstream.ok("hello")) {
      front.sendTo(upstream.address());
      assertThat(ask("GET", "/ready")).startsWith("HTTP/1.1 200");
      front.plane().drain(Duration.ofSeconds(1));
      assertThat(ask("GET", "/ready")).startsWith("HTTP/1.1 503");
      front.sendTo(upstream.address());
      assertThat(ask("GET", "/ready")).startsWith("HTTP/1.1 503");
    }
  }

  @Test
  void drainTakesNoMoreConnectionsAndFinishesTheOthers() throws IOException {
    try (var upstream = RawUpstream.ok("hello");
        var client = front.client(upstream)) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n");
      Awaitility.await().until(() -> body(ask("GET", "/listeners")).contains("\"connections\":1"));
      assertThat(ask("POST", "/drain")).startsWith("HTTP/1.1 200");
      assertThat(ask("GET", "/ready")).startsWith("HTTP/1.1 503");
      assertThat(client.send("\r\n").readMessage()).contains("connection: close").endsWith("hello");
      assertThatThrownBy(front::client).isInstanceOf(java.net.ConnectException.class);
    }
  }

  @Test
  void circuitBreakersAreToldInTheirOwnForm() throws IOException {
    assertThat(body(ask("GET", "/circuit-breakers"))).isEqualTo("{\"circuitBreakers\":[]}");
    var guarded = NONE.withCircuitBreaker(CircuitBreakerSettings.defaults());
    try (var upstream = RawUpstream.answering(FAILED)) {
      front.apply(Model.plain(guarded, upstream.address()));
      try (var client = front.client()) {
        client.send(GET).readMessage();
        assertThat(body(ask("GET", "/circuit-breakers")))
            .isEqualTo(
                "{\"circuitBreakers\":[{\"name\":\"backend\",\"state\":\"CLOSED\",\"calls\":1,"
                    + "\"failures\":1,\"slowCalls\":0,\"rejected\":0,\"timesOpened\":0}]}");
        for (int i = 0; i < 11; i++) {
          client.send(GET).readMessage();
        }
      }
      assertThat(body(ask("GET", "/circuit-breakers")))
          .contains("\"state\":\"OPEN\"", "\"rejected\":2", "\"timesOpened\":1");
    }
  }

  @Test
  void clustersTellEndpointsAndPools() throws IOException {
    try (var upstream = RawUpstream.ok("hello");
        var client = front.client(upstream)) {
      client.send(GET).readMessage();
      assertThat(body(ask("GET", "/clusters")))
          .isEqualTo(
              "{\"clusters\":[{\"name\":\"backend\",\"endpoints\":[{\"id\":\"backend-0\","
                  + "\"address\":\""
                  + upstream.address()
                  + "\",\"weight\":1,\"health\":\"HEALTHY\","
                  + "\"judgement\":\"PASSED\",\"active\":0,"
                  + "\"pool\":{\"open\":1,\"idle\":1}}]}]}");
    }
  }

  @Test
  void configurationIsToldWithoutSecrets() throws IOException {
    String hash = "ab".repeat(32);
    Route route =
        new Route(
            "all",
            Route.Match.path(new Route.PathMatch.Prefix("/")),
            RouteAction.Forward.to("backend"),
            HeaderChanges.NONE,
            HeaderChanges.NONE,
            NONE,
            Optional.of(new ApiKeys("x-api-key", List.of(new ApiKeys.HashedKey("alice", hash)))));
    Secret.Certificate certificate =
        new Authority("mesh").identity("spiffe://cluster.local/ns/default/sa/shop").secret("own");
    Snapshot plain =
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", route),
            Model.cluster("backend", NONE, Model.ANY_PORT));
    front.apply(
        new Snapshot(
            plain.listeners(),
            plain.routeTables(),
            plain.clusters(),
            plain.endpoints(),
            List.of(certificate)));
    String dump = body(ask("GET", "/config_dump"));
    assertThat(dump)
        .startsWith("{\"node\":\"test\",\"service\":\"test\",\"snapshot\":{\"listeners\":[")
        .contains("\"client\":\"alice\",\"sha256\":\"(not shown)\"")
        .contains("\"keyPem\":\"(not shown)\"", "BEGIN CERTIFICATE")
        .contains("\"path\":{\"type\":\"Prefix\",\"prefix\":\"/\"}")
        .doesNotContain(hash, "PRIVATE KEY");
  }

  @Test
  void statisticsAreFilteredByName() throws IOException {
    try (var upstream = RawUpstream.ok("hello");
        var client = front.client(upstream)) {
      client.send(GET).readMessage();
    }
    assertThat(body(ask("GET", "/stats?filter=%5Efairlead_requests_total")))
        .isEqualTo(
            "fairlead_requests_total{component=\"outbound\",cluster=\"backend\","
                + "code_class=\"2xx\",reason=\"\"}: 1");
    assertThat(body(ask("GET", "/stats")).lines().toList())
        .hasSizeGreaterThan(20)
        .allSatisfy(line -> assertThat(line).matches("\\S+(\\{.*})?: \\S+"));
  }

  @Test
  void wrongParametersAreAnsweredWithTheirRule() throws IOException {
    assertThat(ask("GET", "/stats?filter=("))
        .startsWith("HTTP/1.1 400")
        .contains("filter: must be a regular expression", "was (");
    assertThat(ask("GET", "/stats?fliter=a"))
        .startsWith("HTTP/1.1 400")
        .contains("fliter: is no parameter here; there are filter");
    assertThat(ask("GET", "/stats?filter=a&filter=b"))
        .startsWith("HTTP/1.1 400")
        .contains("filter: must not stand twice");
    assertThat(ask("GET", "/stats?filter=%zz")).startsWith("HTTP/1.1 400");
  }

  @Test
  void levelsChangeByPostAlone() throws IOException {
    var levels = new Levels();
    try (var plane =
        new DataPlane(DataPlaneSettings.of("levels", "levels").withEventLoops(1), levels)) {
      assertThat(ask(plane, "GET", "/logging")).contains("a.b: info\n");
      assertThat(ask(plane, "GET", "/logging?level=debug")).startsWith("HTTP/1.1 400");
      assertThat(ask(plane, "POST", "/logging?a.b=TRACE")).contains("a.b: trace\n", "c: info\n");
      assertThat(ask(plane, "POST", "/logging?level=warn")).contains("a.b: warn\n", "c: warn\n");
      assertThat(ask(plane, "POST", "/logging?a.b=loud&c=debug"))
          .startsWith("HTTP/1.1 400")
          .contains("a.b: must be one of error, warn, info, debug, trace, was loud");
      assertThat(ask(plane, "POST", "/logging")).startsWith("HTTP/1.1 400");
      assertThat(ask(plane, "POST", "/logging?x=debug")).contains("x: is no logger");
      assertThat(ask(plane, "PUT", "/logging?level=warn"))
          .startsWith("HTTP/1.1 405")
          .contains("allow: GET, POST");
      assertThat(levels.all()).containsEntry("c", Level.WARN);
    }
    assertThat(ask("POST", "/logging?level=debug")).contains("cannot be changed");
  }

  /** Two loggers. */
  private static final class Levels implements LogLevels {
    private final Map<String, Level> byName =
        new ConcurrentHashMap<>(Map.of("a.b", Level.INFO, "c", Level.INFO));

    @Override
    public Map<String, Level> all() {
      return Map.copyOf(byName);
    }

    @Override
    public void set(Level level) {
      byName.replaceAll((name, old) -> level);
    }

    @Override
    public void set(String name, Level level) {
      if (byName.replace(name, level) == null) {
        throw new IllegalArgumentException(name + ": is no logger");
      }
    }
  }

  @Test
  void whatIsNotThereIsSaidSo() throws IOException {
    assertThat(ask("GET", "/")).startsWith("HTTP/1.1 200").contains("/config_dump", "/drain");
    assertThat(ask("GET", "/nothing")).startsWith("HTTP/1.1 404");
    assertThat(ask("POST", "/ready")).startsWith("HTTP/1.1 405").contains("allow: GET");
    assertThat(ask("GET", "/drain")).startsWith("HTTP/1.1 405").contains("allow: POST");
    assertThat(ask("POST", "/drain", "Origin: http://evil")).startsWith("HTTP/1.1 403");
    assertThat(ask("GET", "/ready")).startsWith("HTTP/1.1 503");
    try (var client = RawSocket.connect(front.plane().adminAddress())) {
      assertThat(client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").readHead())
          .startsWith("HTTP/1.1 200");
      assertThat(client.send("GET /ready?x=1 HTTP/1.1\r\nHost: h\r\n\r\n").readMessage())
          .startsWith("HTTP/1.1 503");
    }
  }

  @Test
  void portInUseIsNamedAndNothingKeepsRunning() {
    var taken = front.plane().adminAddress();
    assertThatThrownBy(
            () -> new DataPlane(DataPlaneSettings.of("second", "second").withAdmin(taken)))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("admin: cannot listen on " + taken);
  }
}
