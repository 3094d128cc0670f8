package io.fairlead.traffic;

import java.util.Optional;

/**
 * How proxies judge the endpoints of a cluster themselves, beside what the catalog says. Immutable.
 *
 * @param outlierDetection judges by the answers to requests; empty does not
 * @param healthCheck asks the endpoints; empty does not
 * @param slowStart how those that become usable get their share; empty gives it at once
 * @param panicPercent if less than this share of the endpoints that the catalog calls healthy would
 *     be left, all of them are used; 0 to 100, where 0 never does
 */
public record EndpointHealth(
    Optional<OutlierDetection> outlierDetection,
    Optional<HealthCheck> healthCheck,
    Optional<SlowStart> slowStart,
    double panicPercent) {
  /** Envoy's own healthy_panic_threshold. */
  public static final double DEFAULT_PANIC_PERCENT = 50;

  public EndpointHealth {
    if (!(panicPercent >= 0 && panicPercent <= 100)) {
      throw new IllegalArgumentException("panicPercent: must be 0 to 100, was " + panicPercent);
    }
  }
}
