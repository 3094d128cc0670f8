package io.fairlead.proxy;

import io.fairlead.traffic.HostPort;
import java.util.List;
import java.util.Map;

/** What became of a configuration. Immutable. */
public sealed interface ApplyResult {
  /**
   * It is in force.
   *
   * @param listeners where each listener listens, with the port that was picked
   */
  record Applied(Map<String, HostPort> listeners) implements ApplyResult {
    public Applied {
      listeners = Map.copyOf(listeners);
    }
  }

  /**
   * It is not in force, and the one before is, as if nothing had happened.
   *
   * @param faults all that is wrong with it
   */
  record Rejected(List<ResourceFault> faults) implements ApplyResult {
    public Rejected {
      faults = List.copyOf(faults);
    }
  }

  /**
   * What is wrong with a resource.
   *
   * @param kind of the resource, as {@code listener}
   * @param name of the resource
   * @param message names the value and the rule
   */
  record ResourceFault(String kind, String name, String message) {
    @Override
    public String toString() {
      return kind + " " + name + ": " + message;
    }
  }
}
