package io.fairlead.proxy;

import io.fairlead.resilience.AdaptiveLimit;
import io.fairlead.telemetry.Labels;
import io.fairlead.telemetry.PrometheusText;
import java.util.Map;
import java.util.TreeMap;

/** Writes what adaptive limits have found. Stateless. */
final class LimitStatistics {
  private LimitStatistics() {}

  static void write(PrometheusText page, Map<String, AdaptiveLimit> limits) {
    Map<String, AdaptiveLimit> sorted = new TreeMap<>(limits);
    page.gauge("fairlead_adaptive_limit", "Attempts at a time that a cluster bears.");
    sorted.forEach((name, limit) -> page.sample(labels(name), (long) limit.snapshot().limit()));
    page.gauge("fairlead_adaptive_limit_in_flight", "Attempts under way within the limit.");
    sorted.forEach((name, limit) -> page.sample(labels(name), (long) limit.snapshot().inFlight()));
    page.counter("fairlead_adaptive_limit_rejected_total", "Attempts refused by the limit.");
    sorted.forEach((name, limit) -> page.sample(labels(name), limit.snapshot().rejectedCalls()));
  }

  private static Labels labels(String name) {
    return Labels.of("cluster", name);
  }
}
