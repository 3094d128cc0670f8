package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.Endpoint.Health;
import io.fairlead.traffic.Endpoints;
import io.fairlead.traffic.Locality;
import io.fairlead.traffic.LocalityRouting;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A proxy that knows where it runs, and endpoints near and far. */
@ExtendWith(LeakCheck.class)
class ZoneIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final Locality NEAR = Locality.of("west/a");
  private static final Locality FAR = Locality.of("west/b");
  private final Front front =
      new Front(DataPlaneSettings.of("test", "shop").withEventLoops(1).withLocality(NEAR));
  private final List<RawUpstream> upstreams = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    for (String name : List.of("near", "far")) {
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

  private Endpoint endpoint(int upstream, Locality place, Health health) {
    var address = upstreams.get(upstream).address();
    return new Endpoint("e" + upstream, address, 1, 0, place, health);
  }

  private void apply(LocalityRouting routing, Health near, Endpoints... more) {
    var endpoints = List.of(endpoint(0, NEAR, near), endpoint(1, FAR, Health.HEALTHY));
    Cluster cluster =
        new Cluster(
                "backend",
                new Cluster.Discovery.Static(endpoints),
                Optional.empty(),
                Cluster.LoadBalancing.Simple.ROUND_ROBIN,
                ResilienceSettings.none())
            .withLocalities(routing);
    Snapshot plain =
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
            cluster);
    front.apply(
        new Snapshot(
            plain.listeners(),
            plain.routeTables(),
            plain.clusters(),
            List.of(more),
            plain.secrets()));
  }

  private Map<String, Integer> answers() throws IOException {
    Map<String, Integer> answers = new TreeMap<>();
    try (var client = front.client()) {
      for (int i = 0; i < 400; i++) {
        String answer = client.send(GET).readMessage().replaceAll("(?s).*\r\n", "");
        answers.merge(answer, 1, Integer::sum);
      }
    }
    return answers;
  }

  @Test
  void requestsLeaveTheZoneOnlyWhileItsEndpointsAreNotWellAndThenReturn() throws IOException {
    var failover = new LocalityRouting.Failover(new TreeMap<>());
    apply(failover, Health.HEALTHY);
    assertThat(answers()).containsOnlyKeys("near");
    apply(failover, Health.UNHEALTHY);
    assertThat(answers()).containsOnlyKeys("far");
    apply(failover, Health.HEALTHY);
    assertThat(answers()).containsOnlyKeys("near");
  }

  @Test
  void anEndpointThatRefusesConnectionsIsReplacedByAFarOne() throws IOException {
    apply(new LocalityRouting.Failover(new TreeMap<>()), Health.HEALTHY);
    upstreams.get(0).close();
    assertThat(answers()).containsOnlyKeys("far");
  }

  @Test
  void sharesAreKept() throws IOException {
    var to = new TreeMap<>(Map.of("west/a/*", 75, "west/b", 25));
    apply(
        new LocalityRouting.Distribute(List.of(new LocalityRouting.Shares("west", to))),
        Health.HEALTHY);
    assertThat(answers().get("far")).isBetween(50, 150);
  }

  @Test
  void asMuchStaysAsIsFairToTheCallersElsewhere() throws IOException {
    var zoneAware = new LocalityRouting.ZoneAware(2);
    var fellows =
        List.of(
            endpoint(0, NEAR, Health.HEALTHY),
            new Endpoint("x", upstreams.get(0).address(), 1, 0, NEAR, Health.HEALTHY),
            new Endpoint("y", upstreams.get(0).address(), 1, 0, NEAR, Health.HEALTHY),
            new Endpoint("z", upstreams.get(0).address(), 1, 0, FAR, Health.HEALTHY));
    apply(zoneAware, Health.HEALTHY, new Endpoints("shop", fellows.subList(2, 4)));
    assertThat(answers()).containsOnlyKeys("near");
    apply(zoneAware, Health.HEALTHY, new Endpoints("shop", fellows));
    assertThat(answers().get("far")).as("a third").isBetween(80, 190);
  }
}
