package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.Endpoint.Health;
import io.fairlead.traffic.RouteAction;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Endpoints of a lower priority stand by. */
@ExtendWith(LeakCheck.class)
class PriorityIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(2));
  private final List<RawUpstream> upstreams = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    for (String name : List.of("first", "second", "spare")) {
      upstreams.add(RawUpstream.ok(name));
    }
  }

  @AfterEach
  void stop() throws IOException {
    front.close();
    for (RawUpstream upstream : upstreams) {
      upstream.close();
    }
  }

  private void apply(Health first, Health second) {
    var endpoints =
        List.of(
            new Endpoint("a", upstreams.get(0).address(), 1, 0, first),
            new Endpoint("b", upstreams.get(1).address(), 1, 0, second),
            new Endpoint("c", upstreams.get(2).address(), 1, 1, Health.HEALTHY));
    Cluster cluster =
        new Cluster(
            "backend",
            new Cluster.Discovery.Static(endpoints),
            Optional.empty(),
            Cluster.LoadBalancing.Simple.ROUND_ROBIN,
            ResilienceSettings.none());
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
            cluster));
  }

  private List<String> answers() throws IOException {
    List<String> answers = new ArrayList<>();
    try (var client = front.client()) {
      for (int i = 0; i < 200; i++) {
        answers.add(client.send(GET).readMessage().replaceAll("(?s).*\r\n", ""));
      }
    }
    return answers.stream().distinct().sorted().toList();
  }

  @Test
  void theSpareOneGetsRequestsOnlyAsFarAsTheFirstAreShort() throws IOException {
    apply(Health.HEALTHY, Health.HEALTHY);
    assertThat(answers()).containsExactly("first", "second");
    apply(Health.HEALTHY, Health.UNHEALTHY);
    assertThat(answers()).containsExactly("first", "spare");
    apply(Health.UNHEALTHY, Health.DRAINING);
    assertThat(answers()).containsExactly("spare");
    apply(Health.HEALTHY, Health.HEALTHY);
    assertThat(answers()).containsExactly("first", "second");
  }

  @Test
  void theSpareOneStepsInForOnesThatRefuseConnections() throws IOException {
    apply(Health.HEALTHY, Health.HEALTHY);
    upstreams.get(0).close();
    upstreams.get(1).close();
    // Each of the two is found out by one attempt, which is made again elsewhere.
    assertThat(answers()).containsExactly("spare");
  }
}
