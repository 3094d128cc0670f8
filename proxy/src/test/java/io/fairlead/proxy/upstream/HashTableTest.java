package io.fairlead.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.hash.XxHash64;
import io.fairlead.traffic.Cluster.HashKey;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.HostPort;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Properties of consistent hashing; the seeds are fixed, so that a bound holds always or never. */
class HashTableTest {
  private static final int KEYS = 20_000;

  static List<LoadBalancing> methods() {
    var key = new HashKey.SourceAddress();
    return List.of(
        new LoadBalancing.RingHash(key, 1_024, 8 << 20), new LoadBalancing.Maglev(key, 65_537));
  }

  private static List<Endpoint> endpoints(int... weights) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (int weight : weights) {
      HostPort address = new HostPort("10.0.0." + endpoints.size(), 8_080);
      endpoints.add(new Endpoint("e" + endpoints.size(), address, weight, Endpoint.Health.HEALTHY));
    }
    return endpoints;
  }

  private static HashTable table(LoadBalancing method, List<Endpoint> endpoints) {
    return Objects.requireNonNull(HashTable.of(method, endpoints));
  }

  /** The endpoint of each key. */
  private static List<Endpoint> owners(LoadBalancing method, List<Endpoint> endpoints) {
    HashTable table = table(method, endpoints);
    List<Endpoint> owners = new ArrayList<>();
    for (int key = 0; key < KEYS; key++) {
      owners.add(endpoints.get(table.owner(table.place(XxHash64.of("key " + key)))));
    }
    return owners;
  }

  @ParameterizedTest
  @MethodSource("methods")
  void keysAreSharedByWeight(LoadBalancing method) {
    List<Endpoint> endpoints = endpoints(1, 1, 2, 4, 8);
    int[] counts = new int[endpoints.size()];
    owners(method, endpoints).forEach(owner -> counts[endpoints.indexOf(owner)]++);
    // A ring of r points for a share strays by about 1/sqrt(r); Maglev's table is nearly even.
    double spread = method instanceof LoadBalancing.Maglev ? 0.07 : 0.3;
    for (int i = 0; i < counts.length; i++) {
      double share = (double) KEYS * endpoints.get(i).weight() / 16;
      assertThat((double) counts[i])
          .as("endpoint %d", i)
          .isBetween(share * (1 - spread), share * (1 + spread));
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void whenAnEndpointGoesTheOthersKeepTheirKeys(LoadBalancing method) {
    List<Endpoint> all = endpoints(1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    List<Endpoint> fewer = new ArrayList<>(all);
    Endpoint gone = fewer.remove(4);
    List<Endpoint> before = owners(method, all);
    List<Endpoint> after = owners(method, fewer);
    int moved = 0;
    for (int key = 0; key < KEYS; key++) {
      Endpoint old = before.get(key);
      moved += old != gone && old != after.get(key) ? 1 : 0;
    }
    // A ring moves no key that need not. The paper's figure 12 shows a few percent for Maglev.
    assertThat(moved).isLessThanOrEqualTo(method instanceof LoadBalancing.Maglev ? KEYS / 25 : 0);
  }

  @Test
  void aTableOfMaglevIsSharedOutToTheLastPlace() {
    List<Endpoint> endpoints = endpoints(1, 1, 1, 1, 1, 1, 1);
    HashTable table = new MaglevTable(endpoints, 251);
    int[] places = new int[7];
    for (int place = 0; place < table.size(); place++) {
      places[table.owner(place)]++;
    }
    assertThat(places).containsOnly(35, 36);
    assertThat(table(new LoadBalancing.Maglev(new HashKey.SourceAddress(), 2), endpoints).size())
        .isEqualTo(2);
  }

  @Test
  void aRingHasTheSizeThatTheWeightsDemandWithinItsBounds() {
    assertThat(HashRing.of(endpoints(1, 1, 1), 1_024, 8 << 20).size()).isEqualTo(1_536);
    assertThat(HashRing.of(endpoints(1, 999), 10, 8 << 20).size()).isEqualTo(1_000);
    assertThat(HashRing.of(endpoints(1, 999), 10, 100).size()).isEqualTo(100);
  }

  @Test
  void theNextPointOnTheRingOwnsAHash() {
    HashTable ring = HashRing.of(endpoints(3, 1, 2), 64, 1_024);
    SplittableRandom random = new SplittableRandom(7);
    int last = ring.place(Long.MAX_VALUE - 1);
    assertThat(last).isZero();
    int before = ring.place(Long.MIN_VALUE);
    for (long hash = Long.MIN_VALUE; hash < Long.MAX_VALUE - (1L << 57); hash += 1L << 56) {
      int place = ring.place(hash + random.nextLong(1L << 56));
      assertThat(place).isGreaterThanOrEqualTo(place == 0 ? 0 : before);
      before = place == 0 ? before : place;
    }
    assertThat(before).isGreaterThan(ring.size() / 2);
  }

  @Test
  void nothingIsMadeThatIsNotNeeded() {
    assertThat(HashTable.of(methods().getFirst(), endpoints(1))).isNull();
    assertThat(HashTable.of(LoadBalancing.Simple.RANDOM, endpoints(1, 1))).isNull();
  }
}
