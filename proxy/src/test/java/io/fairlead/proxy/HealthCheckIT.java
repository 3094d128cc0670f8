package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.traffic.ClientTls;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.EndpointHealth;
import io.fairlead.traffic.HealthCheck;
import io.fairlead.traffic.HealthCheck.Probe;
import io.fairlead.traffic.HealthCheck.Statuses;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.Snapshot;
import io.fairlead.traffic.StringMatch;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Endpoints are asked whether they are well. */
@ExtendWith(LeakCheck.class)
class HealthCheckIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final Duration OFTEN = Duration.ofMillis(10);
  private static final Probe READY =
      new Probe.Http("", "/ready?a=b", List.of(new Statuses(200, 299)));

  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(2));
  private final Map<String, String> readiness = new ConcurrentHashMap<>();
  private final List<RawUpstream> upstreams = new ArrayList<>();

  @AfterEach
  void stop() throws IOException {
    front.close();
    for (RawUpstream upstream : upstreams) {
      upstream.close();
    }
  }

  /** Answers requests with its name, and probes with the status line that is set for it. */
  private HostPort upstream(String name, String ready) throws IOException {
    readiness.put(name, ready);
    RawUpstream upstream =
        new RawUpstream(
            connection -> {
              for (String head = connection.readHead();
                  !head.isEmpty();
                  head = connection.readHead()) {
                if (!head.startsWith("GET /ready")) {
                  connection.send(RawUpstream.okAnswer(name));
                } else if (readiness.getOrDefault(name, "").equals("silence")) {
                  connection.readHead();
                } else {
                  connection.send("HTTP/1.1 " + readiness.get(name) + "\r\n\r\n");
                }
              }
            });
    upstreams.add(upstream);
    return upstream.address();
  }

  private static HealthCheck check(Probe probe, Duration interval) {
    return new HealthCheck(probe, interval, Duration.ofMillis(500), 0, 2, 2);
  }

  private void apply(
      Optional<HealthCheck> check, double panic, Optional<ClientTls> tls, HostPort... addresses) {
    Cluster plain =
        TlsFront.cluster(tls, addresses)
            .withLoadBalancing(Cluster.LoadBalancing.Simple.ROUND_ROBIN);
    var health = new EndpointHealth(Optional.empty(), check, Optional.empty(), panic);
    front.apply(
        TlsFront.snapshot(
            Model.listener("front", "routes"),
            check.isPresent() ? plain.withHealth(health) : plain,
            TlsFront.secrets()));
  }

  private void apply(HealthCheck check, HostPort... addresses) {
    apply(Optional.of(check), 0, Optional.empty(), addresses);
  }

  /** The bodies of the next answers. */
  private List<String> answers() throws IOException {
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      try (var client = front.client()) {
        String answer = client.send(GET).readMessage();
        answers.add(answer.startsWith("HTTP/1.1 200") ? answer.replaceAll("(?s).*\r\n", "") : "-");
      }
    }
    return answers.stream().distinct().sorted().toList();
  }

  private void awaitAnswers(String... names) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(answers()).containsExactly(names));
  }

  private String page(String path) throws IOException {
    try (var admin = RawSocket.connect(front.plane().adminAddress())) {
      return admin.send("GET " + path + " HTTP/1.1\r\nHost: admin\r\n\r\n").readMessage();
    }
  }

  @Test
  void anEndpointThatSaysNoIsOutUntilItSaysYes() throws IOException {
    HostPort a = upstream("a", "204 Fine");
    HostPort b = upstream("b", "503 Busy");
    apply(check(READY, OFTEN), a, b);
    awaitAnswers("a");
    assertThat(page("/clusters"))
        .containsPattern("\"backend-0\",[^}]*\"judgement\":\"PASSED\"")
        .containsPattern("\"backend-1\",[^}]*\"judgement\":\"FAILED_CHECK\"");
    readiness.put("b", "200 Better");
    awaitAnswers("a", "b");
    readiness.put("a", "500 Worse");
    awaitAnswers("b");
    assertThat(page("/stats/prometheus"))
        .containsPattern(
            "fairlead_health_checks_total\\{cluster=\"backend\",outcome=\"passed\"} [1-9]")
        .containsPattern(
            "fairlead_health_checks_total\\{cluster=\"backend\",outcome=\"failed\"} [1-9]");
    assertThat(upstreams.getFirst().heads())
        .anySatisfy(
            head ->
                assertThat(head)
                    .startsWith("GET /ready?a=b HTTP/1.1\r\nhost: backend\r\n")
                    .contains("user-agent: fairlead-health-check\r\n", "connection: close\r\n"));
  }

  @Test
  void silenceAndBrokenConnectionsAreFailures() throws IOException {
    HostPort a = upstream("a", "200 OK");
    HostPort b = upstream("b", "silence");
    HostPort c = upstream("c", "rubbish");
    apply(check(READY, OFTEN), a, b, c);
    awaitAnswers("a");
    readiness.put("b", "103 Early Hints\r\n\r\nHTTP/1.1 200 OK");
    awaitAnswers("a", "b");
  }

  @Test
  void anEndpointThatRefusesConnectionsIsOut() throws IOException {
    HostPort a = upstream("a", "200 OK");
    HostPort b = upstream("b", "200 OK");
    apply(check(new Probe.Tcp(), OFTEN), a, b);
    awaitAnswers("a", "b");
    upstreams.getLast().close();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> page("/clusters").contains("FAILED_CHECK"));
    assertThat(answers()).containsExactly("a");
  }

  @Test
  void endpointsOfTheFirstConfigurationAreUsedUntilTheyFailAndLaterOnesOnceTheyPass()
      throws IOException {
    HostPort a = upstream("a", "silence");
    HostPort b = upstream("b", "silence");
    HealthCheck patient = new HealthCheck(READY, Duration.ofHours(1), Duration.ofHours(1), 0, 2, 2);
    apply(patient, a);
    assertThat(answers()).containsExactly("a");
    apply(patient, a, b);
    assertThat(answers()).containsExactly("a");
    assertThat(page("/clusters"))
        .containsPattern("\"backend-1\",[^}]*\"judgement\":\"AWAITS_CHECK\"");
    // With the checks go their judgements.
    apply(Optional.empty(), 0, Optional.empty(), a, b);
    assertThat(answers()).containsExactly("a", "b");
  }

  @Test
  void withoutAnyEndpointThatPassesItDependsOnThePanicThreshold() throws IOException {
    HostPort a = upstream("a", "500 No");
    apply(check(READY, OFTEN), a);
    awaitAnswers("-");
    apply(Optional.of(check(READY, OFTEN)), 50, Optional.empty(), a);
    awaitAnswers("a");
  }

  @Test
  void theCheckIsMadeOverTheTlsOfTheCluster() throws IOException {
    try (var trusted = TlsFront.secured(TlsFront.SERVER, "hello");
        var stranger = TlsFront.secured(TlsFront.OTHER_CA.identity(TlsFront.BACKEND), "no")) {
      var tls = TlsFront.toBackend(new StringMatch.Exact(TlsFront.BACKEND));
      Probe any = new Probe.Http("", "/", List.of(new Statuses(200, 200)));
      for (Probe probe : List.of(any, new Probe.Tcp())) {
        apply(
            Optional.of(check(probe, OFTEN)),
            0,
            Optional.of(tls),
            trusted.address(),
            stranger.address());
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .untilAsserted(
                () ->
                    assertThat(page("/clusters"))
                        .containsPattern("\"backend-0\",[^}]*\"judgement\":\"PASSED\"")
                        .containsPattern("\"backend-1\",[^}]*\"judgement\":\"FAILED_CHECK\""));
        assertThat(answers()).containsExactly("hello");
      }
    }
  }

  @Test
  void nobodyIsAskedForAConfigurationThatIsRefusedOrGone() throws IOException {
    HostPort a = upstream("a", "200 OK");
    Listener orphan = Model.listener("orphan", "missing");
    Cluster plain = TlsFront.cluster(Optional.empty(), a);
    var health =
        new EndpointHealth(Optional.empty(), Optional.of(check(READY, OFTEN)), Optional.empty(), 0);
    Cluster checked = plain.withHealth(health);
    var refused = front.plane().apply(TlsFront.snapshot(orphan, checked, List.of()));
    assertThat(refused).isInstanceOf(ApplyResult.Rejected.class);
    apply(check(READY, OFTEN), a);
    Awaitility.await().until(() -> upstreams.getFirst().accepted() > 3);
    front.apply(Snapshot.EMPTY);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(100))
        .until(
            new Callable<>() {
              private int before = -1;

              @Override
              public Boolean call() {
                int now = upstreams.getFirst().accepted();
                boolean still = now == before;
                before = now;
                return still;
              }
            });
  }
}
