package io.fairlead.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RegistryHttpIT {
  private static final String BODY = "{\"host\":\"10.0.0.1\",\"port\":8080,\"version\":\"v1\"}";

  private final HttpClient http = HttpClient.newHttpClient();
  private TestServer server;

  @BeforeAll
  void start() throws StoreException {
    var settings = RegistrySettings.defaults().withKeepAlive(Duration.ofMillis(100));
    server = TestServer.start(settings.withMaxWatches(3), new InMemoryCatalogStore(), 0);
  }

  @AfterAll
  void stop() {
    server.close();
    http.close();
  }

  @Test
  void anInstanceLivesFromPutToDelete() throws Exception {
    var path = "/v1/services/life/instances/a:1";
    var created = send("PUT", path, BODY);
    assertThat(created.statusCode()).isEqualTo(201);
    assertThat(created.body())
        .matches("\\{\"service\":\"life\",\"id\":\"a:1\",\"version\":\\d+,\"leaseSeconds\":30}");

    assertThat(send("PUT", path, BODY).statusCode()).isEqualTo(200);
    assertThat(send("POST", path + "/heartbeat", "").statusCode()).isEqualTo(204);
    assertThat(send("GET", path, "").body())
        .isEqualTo(
            "{\"service\":\"life\",\"id\":\"a:1\",\"host\":\"10.0.0.1\",\"port\":8080,"
                + "\"version\":\"v1\",\"labels\":{},\"metadata\":{},\"status\":\"UP\"}");
    assertThat(send("GET", "/v1/services/life", "").body())
        .startsWith("{\"service\":\"life\",\"version\":")
        .contains("\"id\":\"a:1\"");
    assertThat(send("GET", "/v1/services", "").body())
        .containsPattern("\"service\":\"life\",\"version\":\\d+,\"instances\":1,\"up\":1");
    assertThat(send("GET", "/v1/catalog", "").body()).contains("\"catalogId\"", "\"a:1\"");

    assertThat(send("DELETE", path, "").statusCode()).isEqualTo(204);
    assertThat(send("DELETE", path, "").statusCode()).isEqualTo(204);
    assertThat(send("GET", path, "").statusCode()).isEqualTo(404);
    assertThat(send("GET", "/v1/services/life", "").statusCode()).isEqualTo(404);
    assertThat(send("POST", path + "/heartbeat", "").statusCode()).isEqualTo(404);
  }

  @Test
  void aWrongRegistrationIsRefusedWithEveryFaultAndChangesNothing() throws Exception {
    var answer =
        send("PUT", "/v1/services/wrong/instances/1", "{\"prot\":1,\"host\":\"h\",\"port\":0}");

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/problem+json");
    assertThat(answer.body())
        .isEqualTo(
            "{\"title\":\"Invalid request\",\"status\":400,\"detail\":\"prot: is not a known field"
                + " (did you mean 'port'?), was '1'; port: must be 1 to 65535, was '0'\","
                + "\"faults\":[{\"field\":\"prot\",\"value\":\"1\",\"rule\":\"is not a known field"
                + " (did you mean 'port'?)\",\"message\":\"prot: is not a known field"
                + " (did you mean 'port'?), was '1'\"},{\"field\":\"port\",\"value\":\"0\","
                + "\"rule\":\"must be 1 to 65535\","
                + "\"message\":\"port: must be 1 to 65535, was '0'\"}]}");
    assertThat(send("GET", "/v1/services/wrong", "").statusCode()).isEqualTo(404);
  }

  @Test
  void namesInThePathFollowTheSameRules() throws Exception {
    assertThat(send("PUT", "/v1/services/Wrong/instances/1", BODY).body())
        .contains("\"field\":\"service\"", "must be a DNS label");
    assertThat(send("PUT", "/v1/services/right/instances/a%20b", BODY).body())
        .contains("\"field\":\"id\"");
    assertThat(send("POST", "/v1/services/Wrong/instances/1/heartbeat", "").statusCode())
        .isEqualTo(400);
  }

  /** Whoever answers before it has read resets the stream, and a client may lose the answer. */
  @Test
  void anEarlyRefusalReachesTheClientWholeEachTime() throws Exception {
    var early = List.of("PUT /v1/services/Wrong/instances/1", "PATCH /v1/catalog", "PUT /v1/none");
    for (int round = 0; round < 100; round++) {
      for (var line : early) {
        var words = line.split(" ");
        assertThat(send(words[0], words[1], BODY).statusCode()).isBetween(400, 405);
      }
    }
  }

  @Test
  void aBodyBeyondTheBoundIsRefused() throws Exception {
    var answer = send("PUT", "/v1/services/big/instances/1", "{\"host\":\"" + "x".repeat(70_000));

    assertThat(answer.statusCode()).isEqualTo(413);
    assertThat(answer.body()).contains("must be at most 65536 bytes");
  }

  @Test
  void anotherMethodIsRefusedByName() throws Exception {
    var answer = send("PATCH", "/v1/catalog", "{}");

    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.headers().firstValue("allow")).hasValue("GET");
    assertThat(answer.body()).contains("PATCH is not supported here, GET is");
  }

  @Test
  void aWatchTellsStateThenChangesAndResumesFromAnEventsId() throws Exception {
    send("PUT", "/v1/services/watched/instances/1", BODY);
    String id;
    try (var watch = watch("/v1/watch?service=watched", "")) {
      var first = event(watch);
      assertThat(first.get(0)).startsWith("id: " + catalogId() + "/");
      assertThat(first.get(1)).isEqualTo("event: resync");
      assertThat(first.get(2)).contains("\"10.0.0.1\"");

      send("PUT", "/v1/services/elsewhere/instances/1", BODY);
      send("PUT", "/v1/services/watched/instances/2", BODY);
      var second = event(watch);
      assertThat(second.get(1)).isEqualTo("event: put");
      assertThat(second.get(2)).contains("\"id\":\"2\"");
      id = second.get(0).substring("id: ".length());
    }

    send("DELETE", "/v1/services/watched/instances/1", "");
    try (var watch = watch("/v1/watch?service=watched", id)) {
      assertThat(event(watch).get(1)).isEqualTo("event: removed");
    }
    var version = id.substring(id.indexOf('/') + 1);
    try (var watch = watch("/v1/watch?service=watched&from=" + version, "")) {
      assertThat(event(watch).get(2))
          .contains("\"service\":\"watched\",\"id\":\"1\",\"reason\":\"DEREGISTERED\"");
    }
  }

  @Test
  void aSilentWatchIsKeptAliveWithTheVersionReached() throws Exception {
    try (var watch = watch("/v1/watch?service=quiet", "")) {
      assertThat(event(watch).get(1)).isEqualTo("event: resync");
      send("PUT", "/v1/services/noisy/instances/1", BODY);
      var expected = "id: " + catalogId() + "/" + server.registry().snapshot().version();

      assertThat(watch.readLine()).startsWith("id: ");
      assertThat(watch.readLine()).isEmpty();
      String id = watch.readLine();
      while (!expected.equals(id)) {
        watch.readLine();
        id = watch.readLine();
      }
    }
  }

  @Test
  void aWrongVersionToWatchFromIsRefused() throws Exception {
    var answer = send("GET", "/v1/watch?from=yesterday", "");

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("from: must be a version, a whole number from 0 on");
  }

  @Test
  void watchesBeyondTheBoundAreRefusedAndAPlaceIsGivenBack() throws Exception {
    var open = List.of(watch("/v1/watch", ""), watch("/v1/watch", ""), watch("/v1/watch", ""));
    try {
      var answer = send("GET", "/v1/watch", "");
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.headers().firstValue("retry-after")).hasValue("1");
      assertThat(answer.body()).contains("maxWatches: all 3 are open");
    } finally {
      for (var watch : open) {
        watch.close();
      }
    }
    Awaitility.await()
        .untilAsserted(() -> assertThat(server.registry().http().watchCount()).isZero());
  }

  @Test
  void metricsAreWellFormed() throws Exception {
    send("PUT", "/v1/services/metered/instances/1", BODY);

    assertThat(server.registry().prometheus())
        .contains("# TYPE fairlead_registry_instances gauge\n")
        .containsPattern("(?m)^fairlead_registry_puts_total [1-9]\\d*$")
        .containsPattern("(?m)^fairlead_registry_store_failing 0$");
  }

  private String catalogId() {
    return server.registry().snapshot().catalogId();
  }

  private HttpResponse<String> send(String method, String path, String body) throws Exception {
    var request =
        HttpRequest.newBuilder(server.uri(path))
            .method(method, BodyPublishers.ofString(body))
            .build();
    return http.send(request, BodyHandlers.ofString());
  }

  private BufferedReader watch(String path, String lastEventId) throws Exception {
    var request = HttpRequest.newBuilder(server.uri(path)).header("last-event-id", lastEventId);
    if (lastEventId.isEmpty()) {
      request = HttpRequest.newBuilder(server.uri(path));
    }
    var answer = http.send(request.build(), BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type"))
        .hasValue("text/event-stream; charset=utf-8");
    return new BufferedReader(new InputStreamReader(answer.body(), UTF_8));
  }

  /** The lines of the next event, keep-alives skipped. */
  private static List<String> event(BufferedReader watch) throws IOException {
    var lines = new ArrayList<String>();
    for (var line = watch.readLine(); line != null; line = watch.readLine()) {
      if (!line.isEmpty()) {
        lines.add(line);
      } else if (lines.size() > 1) {
        return lines;
      } else {
        lines.clear();
      }
    }
    throw new IOException("the stream ended after " + lines);
  }
}
