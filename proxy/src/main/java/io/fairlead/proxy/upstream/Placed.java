package io.fairlead.proxy.upstream;

import io.fairlead.proxy.upstream.EndpointState.Key;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.EndpointHealth;
import java.util.ArrayList;
import java.util.BitSet;
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
 * @param levels by priority; at least one
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
    byPriority(members.endpoints())
        .forEach(
            (priority, endpoints) -> {
              List<Endpoint> healthy =
                  endpoints.stream().filter(e -> e.health() == Endpoint.Health.HEALTHY).toList();
              Level same = sameTables ? tables.get(healthy) : null;
              HashTable table =
                  same == null ? HashTable.of(members.loadBalancing(), healthy) : same.table();
              List<EndpointState> states = states(members, healthy, known, newState);
              made.add(
                  new Level(priority, endpoints.size(), healthy, table, states, new BitSet(), 0));
            });
    return new Placed(members, List.copyOf(made)).judged();
  }

  private static SortedMap<Integer, List<Endpoint>> byPriority(List<Endpoint> endpoints) {
    SortedMap<Integer, List<Endpoint>> levels = new TreeMap<>();
    for (Endpoint endpoint : endpoints) {
      levels.computeIfAbsent(endpoint.priority(), number -> new ArrayList<>()).add(endpoint);
    }
    if (levels.isEmpty()) {
      levels.put(0, List.of());
    }
    return levels;
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
   * With those out that are so now, and the requests shared out among the levels: the first gets
   * what it can bear, the next what is left, and if all together cannot bear everything, each gets
   * its part of what they can. If too few endpoints of a level would be left then, all of it are
   * used.
   */
  Placed judged() {
    int bearable = Math.min(100, levels.stream().mapToInt(Level::capacity).sum());
    List<Level> judged = new ArrayList<>();
    int left = 100;
    for (Level level : levels) {
      int share = bearable == 0 ? 0 : Math.min(left, level.capacity() * 100 / bearable);
      left -= share;
      BitSet bad = level.bad();
      boolean panics = (bearable < 100 || levels.size() == 1) && panics(level, bad);
      judged.add(level.with(panics ? new BitSet() : bad, share));
    }
    // What rounding leaves belongs to the first level that has a share, and all if none has.
    int first = 0;
    while (first < judged.size() - 1 && judged.get(first).share() == 0 && left < 100) {
      first++;
    }
    Level lucky = judged.get(first);
    judged.set(first, lucky.with(lucky.out(), lucky.share() + left));
    return new Placed(members, List.copyOf(judged));
  }

  private boolean panics(Level level, BitSet bad) {
    EndpointHealth health = members.health();
    int size = level.states().size();
    return health != null && 100.0 * (size - bad.cardinality()) < health.panicPercent() * size;
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
