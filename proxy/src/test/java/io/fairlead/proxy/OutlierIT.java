package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.EndpointHealth;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.OutlierDetection;
import io.fairlead.traffic.OutlierDetection.Consecutive;
import io.fairlead.traffic.OutlierDetection.Ejection;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Endpoints that fail get no more requests for a while. */
@ExtendWith(LeakCheck.class)
class OutlierIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final String FAILED = "HTTP/1.1 503 Nope\r\nContent-Length: 0\r\n\r\n";
  private static final Duration LONG = Duration.ofHours(1);

  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(2));

  @AfterEach
  void stop() {
    front.close();
  }

  private void detect(String route, Ejection ejection, double panic, HostPort... addresses) {
    Cluster plain = Model.cluster("backend", ResilienceSettings.none(), addresses);
    var defaults = OutlierDetection.defaults();
    var detection =
        new OutlierDetection(
            new Consecutive(3, 100),
            defaults.consecutiveGatewayFailure(),
            defaults.successRate(),
            defaults.failurePercentage(),
            ejection);
    var health =
        new EndpointHealth(Optional.of(detection), Optional.empty(), Optional.empty(), panic);
    Route all = Model.route(route, "/", RouteAction.Forward.to("backend"));
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", all),
            plain.withLoadBalancing(Cluster.LoadBalancing.Simple.ROUND_ROBIN).withHealth(health)));
  }

  private static Ejection ejection(Duration interval, Duration time) {
    return new Ejection(interval, time, LONG, 50);
  }

  /** Whether the next answers, over connections of their own, are all good. */
  private boolean allGood(int requests) throws IOException {
    boolean good = true;
    for (int i = 0; i < requests; i++) {
      try (var client = front.client()) {
        good &= client.send(GET).readMessage().startsWith("HTTP/1.1 200");
      }
    }
    return good;
  }

  private String page(String path) throws IOException {
    try (var admin = RawSocket.connect(front.plane().adminAddress())) {
      return admin.send("GET " + path + " HTTP/1.1\r\nHost: admin\r\n\r\n").readMessage();
    }
  }

  @Test
  void anEndpointThatFailsIsEjectedOnAllLoopsAndStaysSoAcrossConfigurations() throws IOException {
    try (var bad = RawUpstream.answering(FAILED);
        var good = RawUpstream.ok("good")) {
      detect("one", ejection(LONG, LONG), 0, bad.address(), good.address());
      assertThat(allGood(12)).isFalse();
      assertThat(bad.heads()).hasSize(3);
      assertThat(allGood(20)).isTrue();
      detect("two", ejection(LONG, LONG), 0, bad.address(), good.address());
      assertThat(allGood(20)).isTrue();
      assertThat(bad.heads()).hasSize(3);
      assertThat(page("/clusters"))
          .containsPattern("\"backend-0\",[^}]*\"judgement\":\"EJECTED\"")
          .containsPattern("\"backend-1\",[^}]*\"judgement\":\"PASSED\"");
      assertThat(page("/stats/prometheus").lines())
          .contains(
              "fairlead_outlier_ejections_active{cluster=\"backend\"} 1",
              "fairlead_outlier_ejections_total{cluster=\"backend\",detector=\"consecutive_5xx\"}"
                  + " 1",
              "fairlead_outlier_ejections_overflow_total{cluster=\"backend\"} 0");
    }
  }

  @Test
  void detectionThatComesToAClusterInUseJudgesItsNextRequests() throws IOException {
    try (var bad = RawUpstream.answering(FAILED);
        var good = RawUpstream.ok("good")) {
      Route all = Model.route("one", "/", RouteAction.Forward.to("backend"));
      front.apply(
          Model.snapshot(
              Model.listener("front", "routes"),
              Model.table("routes", all),
              Model.cluster("backend", ResilienceSettings.none(), bad.address(), good.address())
                  .withLoadBalancing(Cluster.LoadBalancing.Simple.ROUND_ROBIN)));
      assertThat(allGood(12)).isFalse();
      assertThat(bad.heads()).hasSizeGreaterThan(3);
      assertThat(page("/stats/prometheus")).doesNotContain("fairlead_outlier_ejections_total{");
      int before = bad.heads().size();
      detect("two", ejection(LONG, LONG), 0, bad.address(), good.address());
      assertThat(allGood(12)).isFalse();
      assertThat(bad.heads()).hasSize(before + 3);
      assertThat(allGood(20)).isTrue();
    }
  }

  @Test
  void anEndpointComesBackWhenItsTimeIsOver() throws IOException {
    Duration soon = Duration.ofMillis(20);
    try (var changing = RawUpstream.answering(FAILED);
        var good = RawUpstream.ok("good")) {
      detect("one", ejection(soon, soon), 0, changing.address(), good.address());
      assertThat(allGood(12)).isFalse();
      int before = changing.heads().size();
      changing.closeConnections();
      changing.script(
          connection -> {
            while (!connection.readMessage().isEmpty()) {
              connection.send(RawUpstream.okAnswer("healed"));
            }
          });
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> allGood(4) && changing.heads().size() > before + 3);
      assertThat(allGood(10)).isTrue();
    }
  }

  @Test
  void connectionsThatDoNotComeAboutCountAsFailures() throws IOException {
    try (var gone = RawUpstream.ok("gone");
        var good = RawUpstream.ok("good")) {
      HostPort closed = gone.address();
      gone.close();
      detect("one", ejection(LONG, LONG), 0, closed, good.address());
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> allGood(5) && page("/clusters").contains("EJECTED"));
    }
  }

  @Test
  void whereTooFewWouldBeLeftAllAreUsed() throws IOException {
    try (var bad = RawUpstream.answering(FAILED);
        var good = RawUpstream.ok("good")) {
      detect("one", ejection(LONG, LONG), 60, bad.address(), good.address());
      assertThat(allGood(30)).isFalse();
      assertThat(page("/clusters")).contains("EJECTED");
      int before = bad.heads().size();
      assertThat(allGood(30)).isFalse();
      assertThat(bad.heads().size()).isGreaterThan(before + 10);
    }
  }

  @Test
  void withoutOutlierDetectionNothingIsSaidOfIt() throws IOException {
    try (var bad = RawUpstream.answering(FAILED)) {
      front.sendTo(bad.address());
      assertThat(allGood(9)).isFalse();
      assertThat(Arrays.asList(page("/stats/prometheus").split("\n")))
          .noneMatch(line -> line.startsWith("fairlead_outlier"));
      assertThat(bad.heads()).hasSize(9);
    }
  }
}
