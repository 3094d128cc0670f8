package io.fairlead.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.RouteTable.VirtualHost;
import io.fairlead.xds.Decoder;
import io.fairlead.xds.TypeUrls;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RouteChangesTest {
  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);
  private final RandomModel model = new RandomModel(seed);

  /** All names lead to this one. */
  private record Everywhere(Cluster cluster) implements Surroundings {
    @Override
    public Optional<Cluster> cluster(String name) {
      return Optional.of(cluster);
    }

    @Override
    public List<HttpFilter> limits(String table) {
      return List.of();
    }
  }

  @Test
  void aTableAfterOthersIsEncodedAndDecodedAsItIsAlone() throws Exception {
    var table = model.table();
    var around = new Everywhere(model.cluster());
    var octets = RouteOctets.none();
    var wire = Encoder.encode(table, around, octets);
    var decoded = (RouteTable) Decoder.decode(TypeUrls.ROUTE, wire.getValue());
    for (int round = 0; round < 1000; round++) {
      table = changed(table);
      around = random.nextInt(5) == 0 ? new Everywhere(model.cluster()) : around;
      octets = octets.next();
      var later = Encoder.encode(table, around, octets);
      assertThat(later).as("seed %d, round %d", seed, round).isEqualTo(alone(table, around));
      decoded = Decoder.decode(later.getValue(), decoded, wire.getValue());
      assertThat(decoded).as("seed %d, round %d", seed, round).isEqualTo(table);
      assertThat(later.unpack(RouteConfiguration.class).getName()).isEqualTo(table.name());
      wire = later;
    }
  }

  private static Any alone(RouteTable table, Surroundings around) {
    return Encoder.encode(table, around, RouteOctets.none());
  }

  /** Some routes are there no more, some are new, some have another place. */
  private RouteTable changed(RouteTable table) {
    if (random.nextInt(20) == 0) {
      return model.table();
    }
    var hosts = new ArrayList<VirtualHost>();
    for (var host : table.virtualHosts()) {
      if (random.nextInt(10) > 0) {
        hosts.add(new VirtualHost(host.name(), host.domains(), changed(host.routes())));
      }
    }
    if (random.nextInt(5) == 0) {
      hosts.addAll(model.table().virtualHosts());
    }
    Collections.shuffle(hosts, random);
    return new RouteTable(table.name(), hosts);
  }

  private List<Route> changed(List<Route> before) {
    var routes = new ArrayList<>(before);
    routes.removeIf(route -> random.nextInt(8) == 0);
    if (random.nextBoolean()) {
      routes.add(random.nextInt(routes.size() + 1), model.route());
    }
    if (random.nextInt(3) == 0) {
      Collections.shuffle(routes, random);
    }
    return routes;
  }

  @Test
  void routesThatAreTheSameOctetsAreTheSameObjects() {
    var routes = new ArrayList<Route>();
    for (int i = 0; i < 20; i++) {
      routes.add(model.route());
    }
    var first = alone(table(routes), Surroundings.NONE).getValue();
    var before = (RouteTable) Decoder.decode(TypeUrls.ROUTE, first);
    routes.set(7, model.route());
    var after = Decoder.decode(alone(table(routes), Surroundings.NONE).getValue(), before, first);
    Set<Route> known = Collections.newSetFromMap(new IdentityHashMap<>());
    known.addAll(before.virtualHosts().getFirst().routes());
    assertThat(after.virtualHosts().getFirst().routes().stream().filter(r -> !known.contains(r)))
        .as("seed %d", seed)
        .containsExactly(routes.get(7));
  }

  @Test
  void hostsThatAreTheSameOctetsAreTheSameObjects() {
    var hosts = new ArrayList<VirtualHost>();
    for (var name : List.of("a", "b", "c")) {
      hosts.add(new VirtualHost(name, List.of(name), List.of(model.route())));
    }
    var first = alone(new RouteTable("t", hosts), Surroundings.NONE).getValue();
    var before = (RouteTable) Decoder.decode(TypeUrls.ROUTE, first);
    hosts.set(1, new VirtualHost("b", List.of("b", "d"), hosts.get(1).routes()));
    var later = alone(new RouteTable("t", hosts), Surroundings.NONE).getValue();
    var after = Decoder.decode(later, before, first);
    assertThat(after.virtualHosts()).as("seed %d", seed).isEqualTo(hosts);
    for (int i = 0; i < 3; i++) {
      var host = before.virtualHosts().get(i);
      if (i == 1) {
        assertThat(after.virtualHosts().get(i)).isNotSameAs(host);
        assertThat(after.virtualHosts().get(i).routes()).first().isSameAs(host.routes().getFirst());
      } else {
        assertThat(after.virtualHosts().get(i)).isSameAs(host);
      }
    }
  }

  @Test
  void namesThatAreEqualAreOneText() {
    var host = new VirtualHost("bank", List.of("bank"), List.of(Route.straight("bank")));
    var wire = alone(new RouteTable("t", List.of(host)), Surroundings.NONE).getValue();
    var read = ((RouteTable) Decoder.decode(TypeUrls.ROUTE, wire)).virtualHosts().getFirst();
    assertThat(read.domains()).first().isSameAs(read.name());
  }

  private static RouteTable table(List<Route> routes) {
    return new RouteTable("t", List.of(new VirtualHost("h", List.of("*"), routes)));
  }

  @Test
  void aRouteThatIsTheSameObjectIsEncodedOnceUntilThePolicyOfItsClusterChanges() {
    var route = Route.straight("bank");
    var first = new Everywhere(model.cluster());
    var octets = RouteOctets.none();
    var host = new VirtualHost("h", List.of("*"), List.of(route));
    var made = octets.of("t", host, first).getFirst();
    assertThat(octets.next().of("t", host, first)).first().isSameAs(made);
    var longer = new VirtualHost("h", List.of("*"), List.of(route, Route.straight("bank")));
    assertThat(octets.next().of("t", longer, first)).first().isSameAs(made);
    var fresh = Route.straight("bank");
    var between = new VirtualHost("h", List.of("*"), List.of(fresh, route, Route.straight("bank")));
    assertThat(octets.next().of("t", between, first)).element(1).isSameAs(made);
    var other = new Everywhere(otherPolicy(first.cluster));
    assertThat(octets.next().of("t", host, other))
        .as("seed %d", seed)
        .isEqualTo(List.of(RouteEncoder.route(route, other).toByteString()));
  }

  private Cluster otherPolicy(Cluster cluster) {
    var next = model.cluster();
    while (next.resilience().equals(cluster.resilience())) {
      next = model.cluster();
    }
    return next;
  }
}
