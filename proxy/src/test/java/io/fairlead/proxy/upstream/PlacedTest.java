package io.fairlead.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Cluster.Protocol;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.Endpoint.Health;
import io.fairlead.traffic.EndpointHealth;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.OutlierDetection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PlacedTest {
  private static Members members(double panicPercent, Health... healths) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (Health health : healths) {
      String id = "e" + endpoints.size();
      endpoints.add(new Endpoint(id, new HostPort("h", 1 + endpoints.size()), 1, health));
    }
    return members(endpoints, panicPercent);
  }

  private static Members members(List<Endpoint> endpoints, double panicPercent) {
    var health =
        new EndpointHealth(
            Optional.of(OutlierDetection.defaults()),
            Optional.empty(),
            Optional.empty(),
            panicPercent);
    return new Members(
        endpoints,
        LoadBalancing.Simple.RANDOM,
        Duration.ofSeconds(1),
        null,
        Protocol.HTTP_1,
        null,
        health);
  }

  private static Placed placed(Members members) {
    return Placed.first(members, PlacedTest::state);
  }

  private static EndpointState state(EndpointState.Key key) {
    return new EndpointState(key, 1, EndpointState.Check.NONE, 0);
  }

  @Test
  void endpointsThatAreEjectedAreOut() {
    Placed placed = placed(members(50, Health.HEALTHY, Health.DRAINING, Health.HEALTHY));
    assertThat(placed.out().isEmpty()).isTrue();
    placed.states().get(1).eject(0);
    assertThat(placed.judged().out().stream()).containsExactly(1);
    assertThat(placed.out().isEmpty()).as("what is in force stays").isTrue();
  }

  @Test
  void belowThePanicThresholdAllAreUsed() {
    Health[] four = {Health.HEALTHY, Health.HEALTHY, Health.HEALTHY, Health.HEALTHY};
    Placed placed = placed(members(50, four));
    placed.states().get(0).eject(0);
    placed.states().get(1).eject(0);
    assertThat(placed.judged().out().cardinality()).isEqualTo(2);
    placed.states().get(2).eject(0);
    assertThat(placed.judged().out().cardinality()).isZero();
  }

  @Test
  void withoutAThresholdAllMayBeOut() {
    Placed placed = placed(members(0, Health.HEALTHY, Health.HEALTHY));
    placed.states().forEach(state -> state.eject(0));
    assertThat(placed.judged().out().cardinality()).isEqualTo(2);
  }

  @Test
  void whatIsKnownOfAnEndpointOutlivesAConfiguration() {
    Members members = members(0, Health.HEALTHY, Health.HEALTHY);
    Placed before = placed(members);
    before.states().get(1).eject(0);
    List<Endpoint> changed = new ArrayList<>(members.endpoints());
    changed.set(0, new Endpoint("new", new HostPort("h", 7), 1, Health.HEALTHY));
    Placed after = before.next(members(changed, 0), PlacedTest::state);
    assertThat(after.states().get(1)).isSameAs(before.states().get(1));
    assertThat(after.states().get(0)).isNotSameAs(before.states().get(0));
    assertThat(after.out().stream()).containsExactly(1);
  }
}
