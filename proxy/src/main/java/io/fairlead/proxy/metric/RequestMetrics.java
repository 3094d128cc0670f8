package io.fairlead.proxy.metric;

import io.fairlead.proxy.exchange.GrpcCode;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.telemetry.Labels;
import io.fairlead.telemetry.PrometheusText;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts of requests by component and cluster. One for the whole data plane: a configuration takes
 * the counts over from the one before, so that no request is lost or counted twice while they
 * change. Safe for all threads.
 */
public final class RequestMetrics {
  /** Where clusters beyond the bound are counted. */
  private static final String OTHER = "(other)";

  private final int loops;
  private final int maxClusters;
  private final Map<Key, RequestCounts> counts = new ConcurrentHashMap<>();
  private final Map<String, LoopCells> active = new ConcurrentHashMap<>();
  private final Map<String, LoopCells> tunnels = new ConcurrentHashMap<>();

  private record Key(String component, String cluster) {}

  /**
   * @param loops number of loops
   * @param maxClusters counted apart for each component; further ones are counted together
   */
  public RequestMetrics(int loops, int maxClusters) {
    this.loops = loops;
    this.maxClusters = maxClusters;
  }

  /**
   * Counts the requests of one listener, those to each cluster from the first one on.
   *
   * @param component which side of a workload it stands on
   */
  public Metering metering(String component) {
    return new Metering(
        gauge(active, component), gauge(tunnels, component), cluster -> counts(component, cluster));
  }

  /** The empty name stands for no cluster at all. */
  private synchronized RequestCounts counts(String component, String cluster) {
    Key key = new Key(component, cluster);
    RequestCounts known = counts.get(key);
    if (known == null) {
      long apart =
          counts.keySet().stream()
              .filter(k -> k.component.equals(component) && !k.cluster.isEmpty())
              .count();
      Key counted = apart < maxClusters || cluster.isEmpty() ? key : new Key(component, OTHER);
      known = counts.computeIfAbsent(counted, k -> new RequestCounts(loops));
    }
    return known;
  }

  private LoopCells gauge(Map<String, LoopCells> gauges, String component) {
    return gauges.computeIfAbsent(component, key -> new LoopCells(loops, 1));
  }

  /** Writes all there is. */
  public void write(PrometheusText page) {
    List<Map.Entry<Key, RequestCounts>> sorted =
        counts.entrySet().stream()
            .sorted(
                Map.Entry.comparingByKey(
                    Comparator.comparing(Key::component).thenComparing(Key::cluster)))
            .toList();
    page.counter("fairlead_requests_total", "Requests that ended, by status class and reason.");
    for (var entry : sorted) {
      writeTotals(page, labels(entry.getKey()), entry.getValue());
    }
    page.counter("fairlead_grpc_requests_total", "Calls of gRPC that ended, by their status.");
    for (var entry : sorted) {
      for (GrpcCode code : GrpcCode.values()) {
        Labels coded = labels(entry.getKey()).and("grpc_status", String.valueOf(code.number()));
        sampleIfAny(page, coded, entry.getValue().calls(code));
      }
    }
    page.histogram("fairlead_request_duration_seconds", "From the request's head to the end.");
    for (var entry : sorted) {
      var durations = entry.getValue().durations();
      if (durations.count() > 0) {
        page.sample(labels(entry.getKey()), durations);
      }
    }
    page.gauge("fairlead_requests_active", "Requests under way.");
    active.forEach(
        (component, underWay) -> page.sample(Labels.of("component", component), underWay.sum(0)));
    page.gauge("fairlead_tunnels_active", "Requests that have become tunnels, WebSockets too.");
    tunnels.forEach(
        (component, open) -> page.sample(Labels.of("component", component), open.sum(0)));
    page.counter("fairlead_upstream_retries_total", "Attempts after a request's first.");
    for (var entry : sorted) {
      if (!entry.getKey().cluster.isEmpty()) {
        page.sample(labels(entry.getKey()), entry.getValue().retries());
      }
    }
  }

  private static Labels labels(Key key) {
    return Labels.of("component", key.component, "cluster", key.cluster);
  }

  private static void writeTotals(PrometheusText page, Labels labels, RequestCounts counts) {
    for (int statusClass = 0; statusClass < RequestCounts.CLASSES; statusClass++) {
      Labels classed = labels.and("code_class", RequestCounts.className(statusClass));
      sampleIfAny(page, classed.and("reason", ""), counts.upstreamAnswers(statusClass));
      for (Reason reason : Reason.values()) {
        long count = counts.localAnswers(statusClass, reason);
        sampleIfAny(page, classed.and("reason", reason.text()), count);
      }
    }
  }

  private static void sampleIfAny(PrometheusText page, Labels labels, long count) {
    if (count > 0) {
      page.sample(labels, count);
    }
  }
}
