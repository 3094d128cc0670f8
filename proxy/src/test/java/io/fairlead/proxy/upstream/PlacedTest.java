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
import java.util.SplittableRandom;
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
        health,
        null);
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
    assertThat(placed.levels().getFirst().out().isEmpty()).isTrue();
    placed.states().get(1).eject(0);
    assertThat(placed.judged().levels().getFirst().out().stream()).containsExactly(1);
    assertThat(placed.levels().getFirst().out().isEmpty()).as("what is in force stays").isTrue();
  }

  @Test
  void belowThePanicThresholdAllAreUsed() {
    Health[] four = {Health.HEALTHY, Health.HEALTHY, Health.HEALTHY, Health.HEALTHY};
    Placed placed = placed(members(50, four));
    placed.states().get(0).eject(0);
    placed.states().get(1).eject(0);
    assertThat(placed.judged().levels().getFirst().out().cardinality()).isEqualTo(2);
    placed.states().get(2).eject(0);
    assertThat(placed.judged().levels().getFirst().out().cardinality()).isZero();
  }

  @Test
  void withoutAThresholdAllMayBeOut() {
    Placed placed = placed(members(0, Health.HEALTHY, Health.HEALTHY));
    placed.states().forEach(state -> state.eject(0));
    assertThat(placed.judged().levels().getFirst().out().cardinality()).isEqualTo(2);
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
    assertThat(after.levels().getFirst().out().stream()).containsExactly(1);
  }

  /** Levels of so many endpoints, of which so many are well. */
  private static List<Integer> shares(int... totalsAndWell) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (int level = 0; level < totalsAndWell.length / 2; level++) {
      for (int i = 0; i < totalsAndWell[2 * level]; i++) {
        Health health = i < totalsAndWell[2 * level + 1] ? Health.HEALTHY : Health.UNHEALTHY;
        var address = new HostPort("h", 1 + endpoints.size());
        endpoints.add(new Endpoint("e" + endpoints.size(), address, 1, 3 * level, health));
      }
    }
    return placed(members(endpoints, 50)).levels().stream().map(Level::share).toList();
  }

  /** The table of Envoy's documentation on priority levels. */
  @Test
  void theNextLevelGetsWhatTheOnesBeforeItCannotBear() {
    assertThat(shares(100, 100, 100, 100)).containsExactly(100, 0);
    assertThat(shares(100, 72, 100, 72)).containsExactly(100, 0);
    assertThat(shares(100, 71, 100, 71)).containsExactly(99, 1);
    assertThat(shares(100, 50, 100, 50)).containsExactly(70, 30);
    assertThat(shares(100, 25, 100, 100)).containsExactly(35, 65);
    assertThat(shares(100, 0, 100, 100)).containsExactly(0, 100);
    assertThat(shares(100, 25, 100, 25)).containsExactly(50, 50);
    assertThat(shares(100, 0, 100, 0)).containsExactly(100, 0);
    assertThat(shares(4, 4)).containsExactly(100);
    assertThat(shares(100, 20, 100, 20, 100, 10)).containsExactly(40, 40, 20);
  }

  @Test
  void sharesAlwaysMakeTheWhole() {
    var random = new SplittableRandom(9);
    for (int round = 0; round < 2_000; round++) {
      int[] levels = new int[2 * (1 + random.nextInt(4))];
      for (int i = 0; i < levels.length; i += 2) {
        levels[i] = 1 + random.nextInt(9);
        levels[i + 1] = random.nextInt(levels[i] + 1);
      }
      assertThat(shares(levels).stream().mapToInt(Integer::intValue).sum()).isEqualTo(100);
    }
  }

  @Test
  void aLevelPanicsOnlyIfAllTogetherCannotBearEverything() {
    List<Endpoint> endpoints = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      endpoints.add(new Endpoint("e" + i, new HostPort("h", 1 + i), 1, i / 2, Health.HEALTHY));
    }
    Placed placed = placed(members(endpoints, 80));
    placed.states().get(0).eject(0);
    Placed judged = placed.judged();
    assertThat(judged.levels().get(0).out().stream()).containsExactly(0);
    assertThat(judged.levels()).extracting(Level::share).containsExactly(70, 30);
    placed.states().get(2).eject(0);
    placed.states().get(3).eject(0);
    Placed panicking = placed.judged();
    assertThat(panicking.levels().get(0).out().isEmpty()).isTrue();
    assertThat(panicking.levels()).extracting(Level::share).containsExactly(100, 0);
  }
}
