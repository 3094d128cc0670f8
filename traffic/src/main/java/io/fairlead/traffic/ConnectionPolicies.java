package io.fairlead.traffic;

import io.fairlead.config.Manifest.ConnectionPolicy;
import io.fairlead.traffic.RouteAction.Upgrade;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What documents say of connections, by target. Immutable once all are added. */
final class ConnectionPolicies {
  private final Map<String, Set<Upgrade>> upgradesOfRoute = new HashMap<>();

  void add(ConnectionPolicy policy) {
    for (var target : policy.targets()) {
      policy
          .upgrades()
          .ifPresent(
              listed -> {
                var upgrades = EnumSet.noneOf(Upgrade.class);
                for (var upgrade : listed) {
                  upgrades.add(
                      switch (upgrade) {
                        case WEBSOCKET -> Upgrade.WEBSOCKET;
                        case CONNECT -> Upgrade.CONNECT;
                      });
                }
                upgradesOfRoute.put(target.name(), upgrades);
              });
    }
  }

  /** What requests of the routes of a document may make of their connections. */
  Optional<Set<Upgrade>> upgrades(String route) {
    return Optional.ofNullable(upgradesOfRoute.get(route));
  }
}
