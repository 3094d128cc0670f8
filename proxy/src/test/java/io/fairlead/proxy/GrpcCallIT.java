package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetryOn;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.EndpointHealth;
import io.fairlead.traffic.OutlierDetection;
import io.fairlead.traffic.RouteAction;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Calls of gRPC, frame by frame: their deadlines, and what their statuses lead to. */
@ExtendWith(LeakCheck.class)
class GrpcCallIT {
  private static final ResilienceSettings NONE = ResilienceSettings.none();
  private static final String OK = ":status=200";
  private static final String TYPE = "content-type=application/grpc";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));
  private final List<String> seen = new CopyOnWriteArrayList<>();

  @AfterEach
  void stop() {
    front.close();
  }

  /** What an endpoint does when a frame has come. */
  private interface Answer {
    void to(String frame, int stream, RawHttp2 connection) throws IOException;
  }

  private RawUpstream upstream(Answer answer) throws IOException {
    return new RawUpstream(
        connection -> {
          try {
            RawHttp2 frames = RawHttp2.server(connection);
            for (String frame = frames.read(); !frame.isEmpty(); frame = frames.read()) {
              seen.add(frame);
              answer.to(frame, Integer.parseInt(frame.split(" ")[1]), frames);
            }
          } catch (Http2Exception e) {
            throw new UncheckedIOException(new IOException(e));
          }
        });
  }

  /** Answers each whole request with a status of gRPC and nothing else. */
  private RawUpstream statuses(String... statuses) throws IOException {
    int[] next = {0};
    return upstream(
        (frame, stream, connection) -> {
          if (frame.contains(" end")) {
            String status = statuses[Math.min(next[0]++, statuses.length - 1)];
            connection.lastHeaders(stream, OK, TYPE, "grpc-status=" + status);
          }
        });
  }

  /** Answers each whole request with a message and then this status. */
  private RawUpstream messagesWith(String status) throws IOException {
    return upstream(
        (frame, stream, connection) -> {
          if (frame.contains(" end")) {
            connection.headers(stream, OK, TYPE).data(stream, "message");
            connection.lastHeaders(stream, "grpc-status=" + status);
          }
        });
  }

  private RawHttp2 client(ResilienceSettings resilience, RawUpstream upstream) throws IOException {
    Cluster cluster =
        Model.cluster("backend", resilience, upstream.address())
            .withProtocol(Cluster.Protocol.HTTP_2);
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
            cluster));
    return RawHttp2.client(front.client());
  }

  private static void call(RawHttp2 client, int stream, String... more) throws IOException {
    String[] fields = new String[more.length + 1];
    fields[0] = TYPE;
    System.arraycopy(more, 0, fields, 1, more.length);
    client.headers(stream, RawHttp2.request("POST", "/service/Method", fields));
    client.lastData(stream, "question");
  }

  private static ResilienceSettings retrying(RetryOn on) {
    return NONE.withRetry(
        RetrySettings.defaults()
            .withInitialDelay(Duration.ofMillis(1))
            .withBudget(Optional.empty())
            .withOn(EnumSet.of(on)));
  }

  private long nanosTold(int request) {
    String head = seen.stream().filter(f -> f.startsWith("HEADERS")).toList().get(request);
    String value = head.replaceAll(".*grpc-timeout=(\\d{8})([num]).*", "$2$1");
    long number = Long.parseLong(value.substring(1));
    return switch (value.charAt(0)) {
      case 'n' -> number;
      case 'u' -> number * 1_000;
      default -> number * 1_000_000;
    };
  }

  @Test
  void aDeadlineThatPassesIsAnsweredAndTheStreamIsReset() throws Exception {
    try (var upstream = upstream((frame, stream, connection) -> {});
        var client = client(NONE, upstream)) {
      call(client, 1, "grpc-timeout=150m");
      assertThat(client.read())
          .startsWith("HEADERS 1 end :status=200 content-type=application/grpc grpc-status=4")
          .contains("grpc-message=timeout: no answer from backend in time");
      await().until(() -> seen.contains("RST_STREAM 1 8"));
      assertThat(nanosTold(0)).isBetween(1L, 150_000_000L);
      assertThat(String.join("\n", seen)).containsOnlyOnce("grpc-timeout");
    }
  }

  @Test
  void theTimeoutOfTheRouteWinsIfItComesFirst() throws Exception {
    var brief = NONE.withTimeout(TimeoutSettings.defaults().withRequest(Duration.ofMillis(100)));
    try (var upstream = upstream((frame, stream, connection) -> {});
        var client = client(brief, upstream)) {
      call(client, 1, "grpc-timeout=10S");
      assertThat(client.read()).contains("grpc-status=4");
      assertThat(nanosTold(0)).isBetween(1L, 100_000_000L);
    }
  }

  @Test
  void aDeadlineThatPassesInTheMiddleOfAnAnswerEndsItWithTrailers() throws Exception {
    try (var upstream =
            upstream(
                (frame, stream, connection) -> {
                  if (frame.contains(" end")) {
                    connection.headers(stream, OK, TYPE).data(stream, "part");
                  }
                });
        var client = client(NONE, upstream)) {
      call(client, 1, "grpc-timeout=200000u");
      assertThat(client.read()).isEqualTo("HEADERS 1 :status=200 " + TYPE);
      assertThat(client.read()).isEqualTo("DATA 1 part");
      assertThat(client.read())
          .isEqualTo(
              "HEADERS 1 end grpc-status=4"
                  + " grpc-message=timeout: no answer from backend in time");
      await().until(() -> seen.contains("RST_STREAM 1 8"));
    }
  }

  @Test
  void anEndpointThatBreaksOffEndsTheCallAsUnavailable() throws Exception {
    try (var upstream =
            upstream(
                (frame, stream, connection) -> {
                  if (frame.contains(" end")) {
                    connection.headers(stream, OK, TYPE).data(stream, "part");
                    connection.frame(RawHttp2.RST_STREAM, 0, stream, RawHttp2.integer(2));
                  }
                });
        var client = client(NONE, upstream)) {
      call(client, 1);
      assertThat(client.read()).startsWith("HEADERS 1 :status=200");
      assertThat(client.read()).isEqualTo("DATA 1 part");
      assertThat(client.read()).startsWith("HEADERS 1 end grpc-status=14");
    }
  }

  @Test
  void nothingIsAskedOnceTheTimeIsOver() throws Exception {
    try (var upstream = statuses("0");
        var client = client(NONE, upstream)) {
      call(client, 1, "grpc-timeout=0n");
      assertThat(client.read()).contains("grpc-status=4", "the deadline of the call has passed");
      assertThat(seen).isEmpty();
    }
  }

  @Test
  void deadlinesThatMeanNothingGoOnAsTheyCame() throws Exception {
    try (var upstream = statuses("0");
        var client = client(NONE, upstream)) {
      call(client, 1, "grpc-timeout=123456789m");
      assertThat(client.read()).contains("grpc-status=0");
      assertThat(seen.getFirst()).contains("grpc-timeout=123456789m");
    }
  }

  @Test
  void otherRequestsHaveTheDeadlineOfEnvoy() throws Exception {
    try (var upstream = upstream((frame, stream, connection) -> {});
        var client = client(NONE, upstream)) {
      client.get(1, "/", "x-envoy-expected-rq-timeout-ms=150");
      assertThat(client.read()).startsWith("HEADERS 1 :status=504");
      assertThat(seen.getFirst())
          .containsPattern("x-envoy-expected-rq-timeout-ms=0000000[01]\\d\\d");
    }
  }

  @Test
  void aStatusThatIsTheWholeAnswerIsRetried() throws Exception {
    try (var upstream = statuses("14", "14", "0");
        var client = client(retrying(RetryOn.UNAVAILABLE), upstream)) {
      call(client, 1, "grpc-timeout=5S");
      assertThat(client.read()).isEqualTo("HEADERS 1 end :status=200 " + TYPE + " grpc-status=0");
      assertThat(seen.stream().filter(frame -> frame.startsWith("HEADERS"))).hasSize(3);
      assertThat(nanosTold(2)).isLessThan(nanosTold(0));
    }
  }

  @Test
  void otherStatusesAreNotRetriedAndNoneThatFollowsAMessage() throws Exception {
    try (var upstream = statuses("13");
        var client = client(retrying(RetryOn.UNAVAILABLE), upstream)) {
      call(client, 1);
      assertThat(client.read()).contains("grpc-status=13");
      assertThat(seen.stream().filter(frame -> frame.startsWith("HEADERS"))).hasSize(1);
    }
    seen.clear();
    try (var upstream = messagesWith("14");
        var client = client(retrying(RetryOn.UNAVAILABLE), upstream)) {
      call(client, 1);
      client.read();
      assertThat(client.read()).isEqualTo("DATA 1 message");
      assertThat(client.read()).isEqualTo("HEADERS 1 end grpc-status=14");
      assertThat(seen.stream().filter(frame -> frame.startsWith("HEADERS"))).hasSize(1);
    }
  }

  @Test
  void callsThatFailOpenTheBreakerWhereverTheirStatusStands() throws Exception {
    var guarded = NONE.withCircuitBreaker(CircuitBreakerSettings.defaults());
    int calls = CircuitBreakerSettings.defaults().minimumNumberOfCalls();
    for (RawUpstream failing : List.of(messagesWith("14"), statuses("13"))) {
      try (failing;
          var client = client(guarded, failing)) {
        for (int i = 0; i < calls; i++) {
          call(client, 2 * i + 1);
          String frame = client.read();
          while (!frame.contains("grpc-status")) {
            frame = client.read();
          }
        }
        call(client, 2 * calls + 1);
        assertThat(client.read()).contains("grpc-status=14", "circuit-open");
      }
      front.apply(Model.plain(NONE, failing.address()));
    }
  }

  @Test
  void anEndpointWhoseCallsFailIsEjected() throws Exception {
    var defaults = OutlierDetection.defaults();
    var detection =
        new OutlierDetection(
            new OutlierDetection.Consecutive(3, 100),
            defaults.consecutiveGatewayFailure(),
            defaults.successRate(),
            defaults.failurePercentage(),
            defaults.ejection());
    var health = new EndpointHealth(Optional.of(detection), Optional.empty(), Optional.empty(), 0);
    try (var failing = messagesWith("14");
        var good = messagesWith("0")) {
      Cluster plain = Model.cluster("backend", NONE, failing.address(), good.address());
      front.apply(
          Model.snapshot(
              Model.listener("front", "routes"),
              Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
              plain
                  .withProtocol(Cluster.Protocol.HTTP_2)
                  .withLoadBalancing(Cluster.LoadBalancing.Simple.ROUND_ROBIN)
                  .withHealth(health)));
      try (var client = RawHttp2.client(front.client())) {
        StringBuilder statuses = new StringBuilder();
        for (int i = 0; i < 20; i++) {
          call(client, 2 * i + 1);
          String frame = client.read();
          while (!frame.contains("grpc-status")) {
            frame = client.read();
          }
          statuses.append(frame.endsWith("=14") ? 'x' : '.');
        }
        assertThat(statuses.toString()).endsWith("..........").contains("x");
        assertThat(statuses.chars().filter(c -> c == 'x').count()).isEqualTo(3);
      }
    }
  }

  @Test
  void callsThatTheCallerGotWrongDoNotOpenIt() throws Exception {
    var guarded = NONE.withCircuitBreaker(CircuitBreakerSettings.defaults());
    try (var upstream = statuses("3", "5", "7", "9", "0");
        var client = client(guarded, upstream)) {
      for (int i = 0; i < 30; i++) {
        call(client, 2 * i + 1);
        assertThat(client.read()).contains("grpc-status=").doesNotContain("circuit-open");
      }
    }
  }

  @Test
  void callsAreCountedByTheirStatus() throws Exception {
    try (var upstream = statuses("0", "5", "77");
        var client = client(NONE, upstream)) {
      for (int i = 0; i < 3; i++) {
        call(client, 2 * i + 1);
        client.read();
      }
      try (var admin = RawSocket.connect(front.plane().adminAddress())) {
        String page =
            admin.send("GET /stats/prometheus HTTP/1.1\r\nHost: admin\r\n\r\n").readMessage();
        String series = "fairlead_grpc_requests_total{component=\"outbound\",cluster=\"backend\",";
        assertThat(page)
            .contains(
                series + "grpc_status=\"0\"} 1\n",
                series + "grpc_status=\"2\"} 1\n",
                series + "grpc_status=\"5\"} 1\n");
      }
    }
  }
}
