package io.fairlead.proxy.metric;

import io.fairlead.telemetry.Labels;
import io.fairlead.telemetry.PrometheusText;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Counts of questions about requests, by the cluster of the service that is asked; they stay across
 * configurations. Safe for all threads.
 */
public final class CheckMetrics {
  /** Clusters beyond these are counted together. */
  private static final int MAX_CLUSTERS = 100;

  private static final String OTHER = "(other)";

  private final Map<String, CheckCounts> authorization = new ConcurrentSkipListMap<>();
  private final Map<String, CheckCounts> rateLimits = new ConcurrentSkipListMap<>();

  /** Counts of external authorization by this cluster. */
  public CheckCounts authorization(String cluster) {
    return counts(authorization, cluster);
  }

  /** Counts of global rate limits by this cluster. */
  public CheckCounts rateLimit(String cluster) {
    return counts(rateLimits, cluster);
  }

  private static CheckCounts counts(Map<String, CheckCounts> all, String cluster) {
    boolean room = all.size() < MAX_CLUSTERS || all.containsKey(cluster);
    return all.computeIfAbsent(room ? cluster : OTHER, key -> new CheckCounts());
  }

  /** Writes all there is. */
  public void write(PrometheusText page) {
    page.counter(
        "fairlead_external_authorization_total", "Requests that a service was asked about.");
    samples(page, authorization);
    page.counter("fairlead_global_rate_limit_total", "Requests counted by a rate limit service.");
    samples(page, rateLimits);
  }

  private static void samples(PrometheusText page, Map<String, CheckCounts> all) {
    all.forEach(
        (cluster, counts) -> {
          for (CheckCounts.Outcome outcome : CheckCounts.Outcome.values()) {
            Labels labels = Labels.of("cluster", cluster).and("outcome", outcome.text());
            page.sample(labels, counts.count(outcome));
          }
        });
  }
}
