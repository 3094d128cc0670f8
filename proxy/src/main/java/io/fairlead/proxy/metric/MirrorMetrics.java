package io.fairlead.proxy.metric;

import io.fairlead.proxy.exchange.MirrorOutcome;
import io.fairlead.proxy.exchange.MirrorTarget;
import io.fairlead.telemetry.Labels;
import io.fairlead.telemetry.PrometheusText;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.ToLongFunction;

/**
 * Counts of copies of requests by the cluster that gets them, apart from the requests themselves;
 * they stay across configurations. There is nothing of it without a route that mirrors. Safe for
 * all threads.
 */
public final class MirrorMetrics {
  /** Where clusters beyond the bound are counted. */
  private static final String OTHER = "(other)";

  private final int loops;
  private final int maxClusters;
  private final Map<String, MirrorCounts> counts = new ConcurrentSkipListMap<>();

  /**
   * @param loops number of loops
   * @param maxClusters counted apart; further ones are counted together
   */
  public MirrorMetrics(int loops, int maxClusters) {
    this.loops = loops;
    this.maxClusters = maxClusters;
  }

  /** What counts the copies for this cluster. */
  public MirrorTarget.Counter of(String cluster) {
    boolean room = counts.size() < maxClusters || counts.containsKey(cluster);
    return counts.computeIfAbsent(room ? cluster : OTHER, key -> new MirrorCounts(loops));
  }

  /** Writes all there is. */
  public void write(PrometheusText page) {
    if (counts.isEmpty()) {
      return;
    }
    page.gauge("fairlead_mirror_active", "Copies of requests under way.");
    samples(page, MirrorCounts::active);
    page.counter("fairlead_mirror_sent_total", "Copies that are over and went to an endpoint.");
    samples(page, MirrorCounts::sent);
    page.counter("fairlead_mirror_answered_total", "Copies that were answered, by status class.");
    samples(page, MirrorOutcome.Kind.ANSWERED, "code_class");
    page.counter("fairlead_mirror_failed_total", "Copies without a whole answer, by reason.");
    samples(page, MirrorOutcome.Kind.FAILED, "reason");
    page.counter("fairlead_mirror_dropped_total", "Copies that a bound kept from being sent.");
    samples(page, MirrorOutcome.Kind.DROPPED, "reason");
  }

  private void samples(PrometheusText page, ToLongFunction<MirrorCounts> value) {
    counts.forEach(
        (cluster, of) -> page.sample(Labels.of("cluster", cluster), value.applyAsLong(of)));
  }

  private void samples(PrometheusText page, MirrorOutcome.Kind kind, String label) {
    counts.forEach(
        (cluster, of) -> {
          for (MirrorOutcome outcome : MirrorOutcome.values()) {
            if (outcome.kind() == kind) {
              Labels labels = Labels.of("cluster", cluster).and(label, outcome.text());
              page.sample(labels, of.count(outcome));
            }
          }
        });
  }
}
