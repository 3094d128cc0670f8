package io.fairlead.traffic;

/**
 * One named piece of the traffic model; its five kinds are those of xDS. Immutable and safe to
 * share between threads.
 *
 * <p>Names are unique within a kind. Resources refer to each other by name only, so each can change
 * alone.
 */
public sealed interface Resource permits Listener, RouteTable, Cluster, Endpoints, Secret {
  /** The name that is unique within the kind; never empty. */
  String name();

  /** Refuses an empty name; shared by the compact constructors of all kinds. */
  static String requireName(String name) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("name: must not be empty");
    }
    return name;
  }
}
