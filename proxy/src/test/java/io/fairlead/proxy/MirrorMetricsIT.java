package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteFilters;
import io.fairlead.traffic.RouteFilters.Mirror;
import io.fairlead.traffic.Share;
import io.fairlead.traffic.UpstreamLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Copies of requests are counted by what became of them, and apart from the requests. */
@ExtendWith(LeakCheck.class)
class MirrorMetricsIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final ResilienceSettings NONE = ResilienceSettings.none();
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));

  @AfterEach
  void stop() {
    front.close();
  }

  private static ResilienceSettings atMost(Duration request) {
    var usual = TimeoutSettings.defaults();
    return NONE.withTimeout(new TimeoutSettings(request, usual.connect(), usual.idle()));
  }

  private RawSocket client(HostPort upstream, Cluster shadow) throws IOException {
    RouteFilters none = RouteFilters.NONE;
    RouteFilters filters =
        new RouteFilters(
            List.of(new Mirror("shadow", Share.ALL)),
            none.fault(),
            none.cors(),
            none.perTry(),
            none.hedge(),
            none.limits(),
            none.retryCodes());
    Route route = Model.route(NONE, filters);
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", route),
            Model.cluster("backend", NONE, upstream),
            shadow));
    return front.client();
  }

  /** The samples of mirrors that are not 0. */
  private List<String> counted() throws IOException {
    return page().stream()
        .filter(line -> line.startsWith("fairlead_mirror_") && !line.endsWith(" 0"))
        .map(line -> line.replace("fairlead_mirror_", "").replace("cluster=\"shadow\"", ""))
        .toList();
  }

  private List<String> page() throws IOException {
    try (var admin = RawSocket.connect(front.plane().adminAddress())) {
      String page = admin.send("GET /stats/prometheus HTTP/1.1\r\nHost: a\r\n\r\n").readMessage();
      return page.lines().toList();
    }
  }

  private static String total(String family, String label) {
    return family + "_total{" + label + "} 1";
  }

  private void awaitCounted(String... samples) {
    await().untilAsserted(() -> assertThat(counted()).containsExactly(samples));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HTTP/1.1 204 No|answered|,code_class=\"2xx\"",
        "HTTP/1.1 304 No|answered|,code_class=\"3xx\"",
        "HTTP/1.1 404 No~Content-Length: 0|answered|,code_class=\"4xx\"",
        "HTTP/1.1 503 No~Content-Length: 0|answered|,code_class=\"5xx\"",
        "HTTP/1.1 200 OK~Content-Length: 9|failed|,reason=\"upstream-reset\"",
        "HTTP/1.1 99 Huh|failed|,reason=\"upstream-protocol\"",
      })
  void copyIsCountedByItsAnswer(String head, String family, String label) throws IOException {
    String octets = head.replace("~", "\r\n") + "\r\n\r\n";
    try (var upstream = RawUpstream.ok("real");
        var shadow =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  connection.send(octets);
                });
        var client = client(upstream.address(), Model.cluster("shadow", NONE, shadow.address()))) {
      assertThat(client.send(GET).readMessage()).endsWith("real");
      awaitCounted(total("sent", ""), total(family, label));
      assertThat(page())
          .as("the request alone is counted as a request")
          .anyMatch(line -> line.startsWith("istio_requests_total{") && line.endsWith("} 1"))
          .noneMatch(line -> line.startsWith("istio_") && line.contains("shadow"))
          .noneMatch(line -> line.startsWith("fairlead_requests_total{") && line.contains("sha"));
    }
  }

  @Test
  void copyWithoutAnswerInTimeHasFailed() throws IOException {
    try (var upstream = RawUpstream.ok("real");
        var shadow = new RawUpstream(RawSocket::readToEnd);
        var client =
            client(
                upstream.address(),
                Model.cluster("shadow", atMost(Duration.ofMillis(100)), shadow.address()))) {
      assertThat(client.send(GET).readMessage()).endsWith("real");
      awaitCounted(total("sent", ""), total("failed", ",reason=\"timeout\""));
    }
  }

  @Test
  void copyThatIsUnderWayIsShown() throws IOException {
    var answer = new CountDownLatch(1);
    try (var upstream = RawUpstream.ok("real");
        var shadow =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  Waiting.awaitLatch(answer);
                  connection.send(RawUpstream.okAnswer("copy"));
                });
        var client = client(upstream.address(), Model.cluster("shadow", NONE, shadow.address()))) {
      assertThat(client.send(GET).readMessage()).endsWith("real");
      awaitCounted("active{} 1");
      answer.countDown();
      awaitCounted(total("sent", ""), total("answered", ",code_class=\"2xx\""));
    }
  }

  @Test
  void copyForAnEndpointThatRefusesConnectionsIsNotSent() throws IOException {
    try (var upstream = RawUpstream.ok("real");
        var bound = new Socket()) {
      bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      var nobody = new HostPort("127.0.0.1", bound.getLocalPort());
      try (var client = client(upstream.address(), Model.cluster("shadow", NONE, nobody))) {
        assertThat(client.send(GET).readMessage()).endsWith("real");
        awaitCounted(total("failed", ",reason=\"connect-failed\""));
      }
    }
  }

  @Test
  void copiesBeyondTheBoundsOfTheirClusterAreDropped() throws IOException {
    var one =
        new UpstreamLimits(
            Optional.empty(), Optional.empty(), Optional.of(1), Optional.empty(), Optional.empty());
    var bulkhead = NONE.withBulkhead(new BulkheadSettings(1, Duration.ZERO, 0));
    for (boolean limits : List.of(true, false)) {
      String reason = limits ? "overload" : "bulkhead-full";
      try (var upstream = RawUpstream.ok("real");
          var shadow = new RawUpstream(RawSocket::readToEnd)) {
        Cluster plain = Model.cluster("shadow", limits ? NONE : bulkhead, shadow.address());
        Cluster bounded = limits ? plain.withLimits(one) : plain;
        try (var client = client(upstream.address(), bounded)) {
          assertThat(client.send(GET + GET).readMessage()).endsWith("real");
          assertThat(client.readMessage()).endsWith("real");
          await()
              .untilAsserted(
                  () ->
                      assertThat(counted())
                          .contains(total("dropped", ",reason=\"" + reason + '"')));
        }
      }
    }
  }

  @Test
  void requestsThatCannotBeCopiedAreCountedAsDropped() throws IOException {
    try (var upstream = RawUpstream.ok("real");
        var shadow = RawUpstream.ok("copy");
        var client = client(upstream.address(), Model.cluster("shadow", NONE, shadow.address()))) {
      String post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n";
      assertThat(client.send(post + "x".repeat(100_000)).readMessage()).endsWith("real");
      awaitCounted(total("dropped", ",reason=\"too-large\""));
      client.send(post + "x");
      await().until(() -> upstream.heads().size() == 2);
      client.close();
      awaitCounted(
          total("dropped", ",reason=\"too-large\""), total("dropped", ",reason=\"incomplete\""));
      assertThat(shadow.accepted()).isZero();
    }
  }

  @Test
  void withoutMirrorsThereIsNothingOfThem() throws IOException {
    try (var upstream = RawUpstream.ok("real");
        var client = front.client(upstream)) {
      assertThat(client.send(GET).readMessage()).endsWith("real");
      assertThat(page()).noneMatch(line -> line.contains("fairlead_mirror"));
    }
  }
}
