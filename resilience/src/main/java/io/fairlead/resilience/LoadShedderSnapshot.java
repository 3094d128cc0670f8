package io.fairlead.resilience;

import java.util.Map;

/**
 * What a load shedder knew at one moment. Immutable.
 *
 * @param name the name of the shedder
 * @param limit the limit below it
 * @param shedCalls calls refused since the start, for each priority
 */
public record LoadShedderSnapshot(
    String name, AdaptiveLimitSnapshot limit, Map<Priority, Long> shedCalls) {
  public LoadShedderSnapshot {
    shedCalls = Map.copyOf(shedCalls);
  }
}
