package io.fairlead.proxy.upstream;

import io.fairlead.proxy.upstream.EndpointState.Key;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.EndpointHealth;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The members of a cluster with all that is needed to pick among them. Immutable; made by whoever
 * changes the configuration or judges an endpoint, so that no loop has to.
 *
 * @param healthy the members that the configuration lets have requests
 * @param table over the healthy ones; null if none is needed
 * @param states of the healthy ones, in their order; empty if they are not judged
 * @param out the places of the healthy ones that must not be used just now
 */
record Placed(
    Members members,
    List<Endpoint> healthy,
    @Nullable HashTable table,
    List<EndpointState> states,
    BitSet out) {

  static Placed first(Members members, Function<Key, EndpointState> newState) {
    List<Endpoint> healthy = healthy(members);
    HashTable table = HashTable.of(members.loadBalancing(), healthy);
    List<EndpointState> states = states(members, healthy, Map.of(), newState);
    return new Placed(members, healthy, table, states, new BitSet()).judged();
  }

  /** Keeps what remains: the states of endpoints, and the table if nothing in it has changed. */
  Placed next(Members present, Function<Key, EndpointState> newState) {
    List<Endpoint> remaining = healthy(present);
    boolean same =
        present.loadBalancing().equals(members.loadBalancing()) && remaining.equals(healthy);
    Map<Key, EndpointState> known = new HashMap<>();
    states.forEach(state -> known.put(state.key(), state));
    return new Placed(
            present,
            remaining,
            same ? table : HashTable.of(present.loadBalancing(), remaining),
            states(present, remaining, known, newState),
            new BitSet())
        .judged();
  }

  private static List<Endpoint> healthy(Members members) {
    return members.endpoints().stream()
        .filter(endpoint -> endpoint.health() == Endpoint.Health.HEALTHY)
        .toList();
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

  /** With those out that are so now; but if too few would be left, all are used. */
  Placed judged() {
    BitSet bad = new BitSet();
    for (int i = 0; i < states.size(); i++) {
      bad.set(i, states.get(i).isOut());
    }
    EndpointHealth health = members.health();
    boolean panic =
        health != null
            && 100.0 * (states.size() - bad.cardinality()) < health.panicPercent() * states.size();
    return new Placed(members, healthy, table, states, panic ? new BitSet() : bad);
  }

  /** The state of an endpoint, or null if it is not judged. */
  @Nullable EndpointState state(Endpoint endpoint) {
    Key key = Key.of(endpoint);
    for (EndpointState state : states) {
      if (state.key().equals(key)) {
        return state;
      }
    }
    return null;
  }
}
