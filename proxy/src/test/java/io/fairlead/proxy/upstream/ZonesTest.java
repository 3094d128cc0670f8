package io.fairlead.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Cluster.Protocol;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.EndpointHealth;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Locality;
import io.fairlead.traffic.LocalityRouting;
import io.fairlead.traffic.LocalityRouting.Distribute;
import io.fairlead.traffic.LocalityRouting.Failover;
import io.fairlead.traffic.LocalityRouting.ZoneAware;
import io.fairlead.traffic.OutlierDetection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What each place gets, compared with the formulas and with what must hold for all of them. */
class ZonesTest {
  private static final Locality A = Locality.of("r1/a");
  private static final Locality B = Locality.of("r1/b");
  private static final Locality C = Locality.of("r2/c");
  private static final Locality D = Locality.of("r3/d");

  private static Placed placed(@Nullable Zones zones, Map<Locality, Integer> endpoints) {
    List<Endpoint> all = new ArrayList<>();
    endpoints.forEach(
        (place, count) -> {
          for (int i = 0; i < count; i++) {
            String id = place + "-" + i;
            var address = new HostPort("h", 1 + all.size());
            all.add(new Endpoint(id, address, 1, 0, place, Endpoint.Health.HEALTHY));
          }
        });
    var health =
        new EndpointHealth(
            Optional.of(OutlierDetection.defaults()), Optional.empty(), Optional.empty(), 50);
    var members =
        new Members(
            all,
            LoadBalancing.Simple.RANDOM,
            Duration.ofSeconds(1),
            null,
            Protocol.HTTP_1,
            null,
            health,
            null,
            null,
            Members.Choice.BALANCER,
            zones);
    return Placed.first(members, key -> new EndpointState(key, 1, EndpointState.Check.NONE, 0));
  }

  private static Map<Locality, Integer> shares(Placed placed) {
    var shares = new TreeMap<Locality, Integer>();
    for (Level level : placed.levels()) {
      level.healthy().forEach(endpoint -> shares.put(endpoint.locality(), 0));
      level.healthy().stream()
          .findFirst()
          .ifPresent(endpoint -> shares.merge(endpoint.locality(), level.share(), Integer::sum));
    }
    return shares;
  }

  /** So many of a place's endpoints are ejected from now on. */
  private static Placed eject(Placed placed, Locality place, int count) {
    placed.levels().stream()
        .flatMap(
            level ->
                java.util.stream.IntStream.range(0, level.healthy().size())
                    .filter(i -> level.healthy().get(i).locality().equals(place))
                    .mapToObj(i -> level.states().get(i)))
        .limit(count)
        .forEach(state -> state.eject(0));
    return placed.judged();
  }

  private static Zones aware(Map<Locality, Integer> callers) {
    return new Zones(A, new ZoneAware(6), callers);
  }

  @Test
  void allStaysWhereThereAreAsManyEndpointsAsCallers() {
    assertThat(shares(placed(aware(Map.of(A, 1, B, 1)), Map.of(A, 3, B, 3)))).containsEntry(A, 100);
    assertThat(shares(placed(aware(Map.of(A, 1, B, 3)), Map.of(A, 3, B, 3)))).containsEntry(A, 100);
  }

  @Test
  void whatTheOwnPlaceCannotBearGoesWhereThereIsRoom() {
    // A has half of the callers and a quarter of the endpoints, so half of its requests stay.
    var shares = shares(placed(aware(Map.of(A, 2, B, 1, C, 1)), Map.of(A, 2, B, 4, C, 2)));
    assertThat(shares).isEqualTo(Map.of(A, 50, B, 50, C, 0));
  }

  @Test
  void fewEndpointsAndUnknownCallersLeaveEveryEndpointItsEqualShare() {
    assertThat(shares(placed(aware(Map.of(A, 1)), Map.of(A, 1, B, 3)))).containsEntry(A, 25);
    assertThat(shares(placed(aware(Map.of()), Map.of(A, 5, B, 5)))).containsEntry(A, 50);
    assertThat(shares(placed(aware(Map.of(B, 4)), Map.of(A, 5, B, 5)))).containsEntry(A, 50);
    assertThat(shares(placed(aware(Map.of(A, 4)), Map.of(B, 5, C, 15)))).containsEntry(C, 75);
  }

  @Test
  void everyEndpointBearsTheSameWhereAllCallersFollowTheRule() {
    var random = new SplittableRandom();
    long seed = random.nextLong();
    random = new SplittableRandom(seed);
    var places = List.of(A, B, C, D);
    for (int round = 0; round < 500; round++) {
      var callers = new TreeMap<Locality, Integer>();
      var endpoints = new TreeMap<Locality, Integer>();
      for (Locality place : places) {
        callers.put(place, 1 + random.nextInt(20));
        endpoints.put(place, 2 + random.nextInt(20));
      }
      int all = callers.values().stream().mapToInt(Integer::intValue).sum();
      int sum = endpoints.values().stream().mapToInt(Integer::intValue).sum();
      var load = new TreeMap<Locality, Double>();
      for (Locality own : places) {
        var zones = new Zones(own, new ZoneAware(6), callers);
        int[] well = endpoints.values().stream().mapToInt(Integer::intValue).toArray();
        double[] weights = zones.weights(List.copyOf(endpoints.keySet()), well);
        assertThat(Arrays.stream(weights).sum()).isCloseTo(1, within(1e-9));
        double stays = weights[List.copyOf(endpoints.keySet()).indexOf(own)];
        int here = callers.getOrDefault(own, 0);
        double fair = endpoints.getOrDefault(own, 0) * (double) all / sum / here;
        assertThat(stays).as("seed %d", seed).isCloseTo(Math.min(1, fair), within(1e-9));
        int i = 0;
        for (Locality place : endpoints.keySet()) {
          load.merge(place, weights[i++] * here / all, Double::sum);
        }
      }
      for (Locality place : places) {
        assertThat(load.get(place))
            .as("seed %d: %s", seed, place)
            .isCloseTo(endpoints.getOrDefault(place, 0) / (double) sum, within(1e-9));
      }
    }
  }

  @Test
  void sharesAreWholeAndNearestToTheirWeights() {
    var random = new SplittableRandom(7);
    for (int round = 0; round < 1_000; round++) {
      double[] weights = random.doubles(1 + random.nextInt(8)).toArray();
      int whole = random.nextInt(101);
      int[] shares = Zones.share(whole, weights);
      assertThat(Arrays.stream(shares).sum()).isEqualTo(whole);
      double sum = Arrays.stream(weights).sum();
      for (int i = 0; i < shares.length; i++) {
        assertThat((double) shares[i]).isCloseTo(whole * weights[i] / sum, within(1.0));
      }
    }
  }

  @Test
  void theNearestComeFirstAndTheNextOnesWhenTheyFail() {
    var regions = new TreeMap<>(Map.of("r1", "r3"));
    var all = Map.of(A, 4, B, 4, C, 4, D, 4);
    Placed placed = placed(new Zones(A, new Failover(regions), Map.of()), all);
    assertThat(shares(placed)).isEqualTo(Map.of(A, 100, B, 0, C, 0, D, 0));
    Placed half = eject(placed, A, 2);
    assertThat(shares(half)).isEqualTo(Map.of(A, 70, B, 30, C, 0, D, 0));
    Placed noneNear = eject(eject(half, A, 4), B, 4);
    assertThat(shares(noneNear)).as("the region that is named").containsEntry(D, 100);
    assertThat(shares(eject(noneNear, D, 4))).containsEntry(C, 100);
    placed.states().forEach(state -> state.pardon(0));
    assertThat(shares(noneNear.judged())).containsEntry(A, 100);
  }

  @Test
  void fixedSharesFollowThePlaceOfTheProxyAndWhatIsWell() {
    var to = new TreeMap<>(Map.of("r1/*", 80, "r2/*", 20));
    LocalityRouting routing =
        new Distribute(
            List.of(
                new LocalityRouting.Shares("r9/*", new TreeMap<>(Map.of("*", 100))),
                new LocalityRouting.Shares("r1/a/*", to)));
    var all = Map.of(A, 3, B, 1, C, 2, D, 5);
    Placed placed = placed(new Zones(A, routing, Map.of()), all);
    assertThat(shares(placed)).isEqualTo(Map.of(A, 60, B, 20, C, 20, D, 0));
    assertThat(shares(eject(placed, C, 2))).isEqualTo(Map.of(A, 75, B, 25, C, 0, D, 0));
    Placed elsewhere = placed(new Zones(D, routing, Map.of()), Map.of(A, 1, D, 3));
    assertThat(shares(elsewhere)).isEqualTo(Map.of(A, 25, D, 75));
  }

  @Test
  void inPanicAllEndpointsGetTheirEqualShare() {
    Placed placed = placed(aware(Map.of(A, 1, B, 1)), Map.of(A, 4, B, 4));
    assertThat(shares(placed)).containsEntry(A, 100);
    Placed panic = eject(eject(placed, A, 3), B, 3);
    assertThat(shares(panic)).isEqualTo(Map.of(A, 50, B, 50));
    assertThat(panic.levels()).allMatch(level -> level.out().isEmpty());
  }

  @Test
  void withoutAPlaceThereIsOneLevel() {
    assertThat(Zones.of(Locality.NONE, Optional.of(new ZoneAware(6)), List.of())).isNull();
    assertThat(Zones.of(A, Optional.empty(), List.of())).isNull();
    assertThat(placed(null, Map.of(A, 1, B, 1)).levels()).hasSize(1);
  }
}
