package io.fairlead.traffic;

import java.util.HashSet;
import java.util.List;

/**
 * Everything that one data plane needs at one moment. Immutable; equal by value.
 *
 * @param listeners unique names
 * @param routeTables unique names
 * @param clusters unique names
 * @param endpoints unique names
 * @param secrets unique names
 */
public record Snapshot(
    List<Listener> listeners,
    List<RouteTable> routeTables,
    List<Cluster> clusters,
    List<Endpoints> endpoints,
    List<Secret> secrets) {
  /** No resources at all. */
  public static final Snapshot EMPTY =
      new Snapshot(List.of(), List.of(), List.of(), List.of(), List.of());

  public Snapshot {
    listeners = unique("listeners", listeners);
    routeTables = unique("routeTables", routeTables);
    clusters = unique("clusters", clusters);
    endpoints = unique("endpoints", endpoints);
    secrets = unique("secrets", secrets);
  }

  private static <R extends Resource> List<R> unique(String kind, List<R> resources) {
    var names = new HashSet<String>();
    for (var resource : resources) {
      if (!names.add(resource.name())) {
        throw new IllegalArgumentException(kind + ": " + resource.name() + " stands there twice");
      }
    }
    return List.copyOf(resources);
  }
}
