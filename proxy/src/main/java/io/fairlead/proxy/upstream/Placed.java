package io.fairlead.proxy.upstream;

import io.fairlead.proxy.upstream.EndpointState.Key;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.EndpointHealth;
import io.fairlead.traffic.Locality;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The members of a cluster with all that is needed to pick among them. Immutable; made by whoever
 * changes the configuration or judges an endpoint, so that no loop has to.
 *
 * @param levels by tier, which is priority and nearness; at least one
 */
record Placed(Members members, List<Level> levels) {

  static Placed first(Members members, Function<Key, EndpointState> newState) {
    return make(members, List.of(), members.loadBalancing(), newState);
  }

  /** Keeps what remains: the states of endpoints, and tables if nothing in them has changed. */
  Placed next(Members present, Function<Key, EndpointState> newState) {
    return make(present, levels, members.loadBalancing(), newState);
  }

  private static Placed make(
      Members members,
      List<Level> before,
      LoadBalancing tablesOf,
      Function<Key, EndpointState> newState) {
    Map<Key, EndpointState> known = new HashMap<>();
    Map<List<Endpoint>, Level> tables = new HashMap<>();
    for (Level level : before) {
      level.states().forEach(state -> known.put(state.key(), state));
      tables.put(level.healthy(), level);
    }
    boolean sameTables = members.loadBalancing().equals(tablesOf);
    List<Level> made = new ArrayList<>();
    grouped(members)
        .forEach(
            (group, endpoints) -> {
              List<Endpoint> healthy =
                  endpoints.stream().filter(e -> e.health() == Endpoint.Health.HEALTHY).toList();
              Level same = sameTables ? tables.get(healthy) : null;
              HashTable table =
                  same == null ? HashTable.of(members.loadBalancing(), healthy) : same.table();
              List<EndpointState> states = states(members, healthy, known, newState);
              int total = endpoints.size();
              made.add(
                  new Level(
                      group.tier, group.place, total, healthy, table, states, Level.NONE_OUT, 0));
            });
    return new Placed(members, List.copyOf(made)).judged();
  }

  /** What makes a level. */
  private record Group(int tier, Locality place) {}

  private static SortedMap<Group, List<Endpoint>> grouped(Members members) {
    Zones zones = members.zones();
    SortedMap<Group, List<Endpoint>> groups =
        new TreeMap<>(Comparator.comparingInt(Group::tier).thenComparing(Group::place));
    for (Endpoint endpoint : members.endpoints()) {
      int rank = zones == null ? 0 : zones.rank(endpoint.locality());
      boolean divided = zones != null && zones.divides();
      Group group =
          new Group(
              endpoint.priority() * Zones.RANKS + rank,
              divided ? endpoint.locality() : Locality.NONE);
      groups.computeIfAbsent(group, key -> new ArrayList<>()).add(endpoint);
    }
    if (groups.isEmpty()) {
      groups.put(new Group(0, Locality.NONE), List.of());
    }
    return groups;
  }

  private static List<EndpointState> states(
      Members members,
      List<Endpoint> healthy,
      Map<Key, EndpointState> known,
      Function<Key, EndpointState> newState) {
    if (members.health() == null) {
      return List.of();
    }
    List<EndpointState> states = new ArrayList<>();
    for (Endpoint endpoint : healthy) {
      Key key = Key.of(endpoint);
      EndpointState state = known.get(key);
      states.add(state == null ? newState.apply(key) : state);
    }
    return states;
  }

  /**
   * With those out that are so now, and the requests shared out among the tiers: the first gets
   * what it can bear, the next what is left, and if all together cannot bear everything, each gets
   * its part of what they can. If too few endpoints of a tier would be left then, all of it are
   * used. What a tier gets is divided among its levels by their places.
   */
  Placed judged() {
    List<List<Level>> tiers = tiers();
    int bearable = Math.min(100, tiers.stream().mapToInt(Level::capacity).sum());
    int[] shares = new int[tiers.size()];
    int left = 100;
    for (int i = 0; i < shares.length; i++) {
      int capacity = Level.capacity(tiers.get(i));
      shares[i] = bearable == 0 ? 0 : Math.min(left, capacity * 100 / bearable);
      left -= shares[i];
    }
    // What rounding leaves belongs to the first tier that has a share, and all if none has.
    int first = 0;
    while (first < shares.length - 1 && shares[first] == 0 && left < 100) {
      first++;
    }
    shares[first] += left;
    List<Level> judged = new ArrayList<>();
    for (int i = 0; i < shares.length; i++) {
      boolean panics = (bearable < 100 || shares.length == 1) && panics(tiers.get(i));
      judged.addAll(divided(tiers.get(i), shares[i], panics ? Use.ALL : Use.WELL));
    }
    return new Placed(members, List.copyOf(judged));
  }

  /** Which endpoints of a tier are used. */
  private enum Use {
    ALL,
    WELL
  }

  private List<Level> divided(List<Level> tier, int share, Use use) {
    int[] usable =
        tier.stream()
            .mapToInt(level -> use == Use.ALL ? level.healthy().size() : level.well())
            .toArray();
    Zones zones = members.zones();
    int[] shares = {share};
    if (tier.size() > 1 && zones != null) {
      double[] weights =
          use == Use.ALL
              ? Arrays.stream(usable).asDoubleStream().toArray()
              : zones.weights(tier.stream().map(Level::place).toList(), usable);
      shares = Zones.share(share, weights);
    }
    List<Level> divided = new ArrayList<>();
    for (int i = 0; i < shares.length; i++) {
      Level level = tier.get(i);
      divided.add(level.with(use == Use.ALL ? Level.NONE_OUT : level.bad(), shares[i]));
    }
    return divided;
  }

  private List<List<Level>> tiers() {
    SortedMap<Integer, List<Level>> tiers = new TreeMap<>();
    for (Level level : levels) {
      tiers.computeIfAbsent(level.tier(), number -> new ArrayList<>()).add(level);
    }
    return List.copyOf(tiers.values());
  }

  private boolean panics(List<Level> tier) {
    EndpointHealth health = members.health();
    int size = tier.stream().mapToInt(level -> level.states().size()).sum();
    int well = tier.stream().mapToInt(level -> level.states().isEmpty() ? 0 : level.well()).sum();
    return health != null && 100.0 * well < health.panicPercent() * size;
  }

  /** Of all endpoints that are judged. */
  List<EndpointState> states() {
    return levels.stream().flatMap(level -> level.states().stream()).toList();
  }

  /** The state of an endpoint, or null if it is not judged. */
  @Nullable EndpointState state(Endpoint endpoint) {
    Key key = Key.of(endpoint);
    for (EndpointState state : states()) {
      if (state.key().equals(key)) {
        return state;
      }
    }
    return null;
  }
}
