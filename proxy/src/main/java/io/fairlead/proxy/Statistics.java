package io.fairlead.proxy;

import io.fairlead.proxy.downstream.ListenerPort;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.log.LogFile;
import io.fairlead.proxy.policy.PolicyRegistry;
import io.fairlead.proxy.tls.TlsFailure;
import io.fairlead.proxy.trace.SpanExporter;
import io.fairlead.proxy.upstream.CheckStats;
import io.fairlead.proxy.upstream.DnsStats;
import io.fairlead.proxy.upstream.OutlierStats;
import io.fairlead.resilience.CircuitState;
import io.fairlead.telemetry.Labels;
import io.fairlead.telemetry.PrometheusText;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/** Writes the metrics of a data plane. For one thread and one page. */
final class Statistics {
  private final LiveConfiguration configuration;
  private final PolicyRegistry policies;
  private final Observation observation;

  Statistics(LiveConfiguration configuration, PolicyRegistry policies, Observation observation) {
    this.configuration = configuration;
    this.policies = policies;
    this.observation = observation;
  }

  void write(PrometheusText page, List<AdminPages.ClusterUse> clusters) {
    observation.metrics().write(page);
    observation.checks().write(page);
    observation.mirrors().write(page);
    observation.istio().write(page);
    page.gauge(
        "fairlead_circuit_breaker_state",
        "0 closed, 1 half-open, 2 open; forced 3 open, 4 disabled, 5 metrics only.");
    new TreeMap<>(policies.policies().breakers())
        .forEach(
            (name, breaker) ->
                page.sample(Labels.of("cluster", name), (long) number(breaker.state())));
    LimitStatistics.write(page, policies.policies().limits());
    pools(page, clusters);
    outliers(page);
    checks(page);
    lookups(page);
    connections(page);
    spans(page);
    accessLogs(page);
  }

  private static int number(CircuitState state) {
    return switch (state) {
      case CLOSED -> 0;
      case HALF_OPEN -> 1;
      case OPEN -> 2;
      case FORCED_OPEN -> 3;
      case DISABLED -> 4;
      case METRICS_ONLY -> 5;
    };
  }

  private static void pools(PrometheusText page, List<AdminPages.ClusterUse> clusters) {
    page.gauge("fairlead_upstream_connections", "Connections to endpoints, by use.");
    for (var cluster : clusters) {
      long open = sum(cluster, endpoint -> endpoint.pool().open());
      long idle = sum(cluster, endpoint -> endpoint.pool().idle());
      Labels labels = Labels.of("cluster", cluster.name());
      page.sample(labels.and("state", "used"), open - idle);
      page.sample(labels.and("state", "idle"), idle);
    }
    page.gauge("fairlead_upstream_attempts_active", "Attempts under way, waiting ones included.");
    for (var cluster : clusters) {
      page.sample(
          Labels.of("cluster", cluster.name()), sum(cluster, AdminPages.EndpointUse::active));
    }
    page.gauge("fairlead_upstream_endpoints", "Endpoints of a cluster, whatever their health.");
    for (var cluster : clusters) {
      page.sample(Labels.of("cluster", cluster.name()), (long) cluster.endpoints().size());
    }
  }

  private void outliers(PrometheusText page) {
    Map<Labels, OutlierStats> detecting = new LinkedHashMap<>();
    new TreeMap<>(configuration.clusters())
        .forEach(
            (name, cluster) -> {
              OutlierStats stats = cluster.outliers();
              if (stats != null) {
                detecting.put(Labels.of("cluster", name), stats);
              }
            });
    page.gauge("fairlead_outlier_ejections_active", "Endpoints that are ejected now.");
    detecting.forEach((labels, stats) -> page.sample(labels, (long) stats.active()));
    page.counter("fairlead_outlier_ejections_total", "Ejections of endpoints, by detector.");
    detecting.forEach(
        (labels, stats) ->
            new TreeMap<>(stats.ejections())
                .forEach(
                    (detector, count) ->
                        page.sample(labels.and("detector", detector.text()), count)));
    page.counter("fairlead_outlier_ejections_overflow_total", "Not made, too many being out.");
    detecting.forEach((labels, stats) -> page.sample(labels, stats.overflow()));
  }

  private void checks(PrometheusText page) {
    page.counter("fairlead_health_checks_total", "Probes of endpoints, by outcome.");
    new TreeMap<>(configuration.clusters())
        .forEach(
            (name, cluster) -> {
              CheckStats stats = cluster.checks();
              if (stats != null) {
                Labels labels = Labels.of("cluster", name);
                page.sample(labels.and("outcome", "passed"), stats.passed());
                page.sample(labels.and("outcome", "failed"), stats.failed());
              }
            });
  }

  private void lookups(PrometheusText page) {
    page.counter("fairlead_dns_lookups_total", "Lookups of names of endpoints, by outcome.");
    new TreeMap<>(configuration.clusters())
        .forEach(
            (name, cluster) -> {
              DnsStats stats = cluster.lookups();
              if (stats != null) {
                Labels labels = Labels.of("cluster", name);
                page.sample(labels.and("outcome", "resolved"), stats.resolved());
                page.sample(labels.and("outcome", "failed"), stats.failed());
              }
            });
  }

  private static long sum(
      AdminPages.ClusterUse cluster, ToLongFunction<AdminPages.EndpointUse> value) {
    return cluster.endpoints().stream().mapToLong(value).sum();
  }

  private void connections(PrometheusText page) {
    List<ListenerPort> ports =
        configuration.ports().stream().sorted(Comparator.comparing(ListenerPort::name)).toList();
    page.gauge("fairlead_downstream_connections_open", "Connections of clients.");
    ports.forEach(port -> page.sample(labels(port), (long) port.openConnections()));
    page.counter("fairlead_downstream_connections_total", "Connections accepted.");
    ports.forEach(port -> page.sample(labels(port), port.counters().accepted()));
    page.counter("fairlead_downstream_connections_rejected_total", "Closed, being too many.");
    ports.forEach(port -> page.sample(labels(port), port.counters().rejected()));
    page.counter("fairlead_downstream_accept_failures_total", "Connections not accepted.");
    ports.forEach(port -> page.sample(labels(port), port.counters().acceptFailures()));
    page.counter("fairlead_downstream_connections_failed_total", "Connections that broke.");
    ports.forEach(port -> page.sample(labels(port), port.counters().failures()));
    page.counter("fairlead_downstream_handshake_failures_total", "TLS that did not come about.");
    for (ListenerPort port : ports) {
      for (TlsFailure failure : TlsFailure.values()) {
        long failures = port.counters().handshakeFailures(failure);
        if (failures > 0) {
          page.sample(labels(port).and("reason", failure.text()), failures);
        }
      }
    }
    passedOn(page, ports);
    page.counter("fairlead_downstream_refused_total", "Heads refused before being a request.");
    for (ListenerPort port : ports) {
      for (Reason reason : Reason.values()) {
        long refused = port.counters().refused(reason);
        if (refused > 0) {
          page.sample(labels(port).and("reason", reason.text()), refused);
        }
      }
    }
  }

  private static void passedOn(PrometheusText page, List<ListenerPort> ports) {
    page.counter("fairlead_downstream_proxy_headers_refused_total", "Missing or wrong headers.");
    ports.forEach(port -> page.sample(labels(port), port.counters().refusedHeaders()));
    page.counter("fairlead_tcp_connections_total", "Connections passed on octet by octet.");
    ports.forEach(port -> page.sample(labels(port), port.counters().passedOn()));
    page.counter("fairlead_tcp_connections_failed_total", "Closed, since not to be passed on.");
    for (ListenerPort port : ports) {
      page.sample(labels(port).and("reason", "no-route"), port.counters().refusedServers());
      for (Reason reason : Reason.values()) {
        long failed = port.counters().notPassedOn(reason);
        if (failed > 0) {
          page.sample(labels(port).and("reason", reason.text()), failed);
        }
      }
    }
    page.counter("fairlead_tcp_bytes_total", "Octets of connections passed on, by direction.");
    for (ListenerPort port : ports) {
      Labels labels = labels(port);
      page.sample(labels.and("direction", "received"), port.counters().octetsReceived());
      page.sample(labels.and("direction", "sent"), port.counters().octetsSent());
    }
  }

  private static Labels labels(ListenerPort port) {
    return Labels.of("listener", port.name());
  }

  private void accessLogs(PrometheusText page) {
    List<LogFile> files = observation.files().all();
    page.counter("fairlead_access_log_written_total", "Lines of access logs that were written.");
    files.forEach(file -> page.sample(Labels.of("path", file.path()), file.written()));
    page.counter("fairlead_access_log_dropped_total", "Lines of access logs that were not.");
    files.forEach(file -> page.sample(Labels.of("path", file.path()), file.dropped()));
  }

  private void spans(PrometheusText page) {
    page.counter("fairlead_spans_exported_total", "Spans that the receiver took.");
    page.sample(Labels.NONE, observation.exporter().map(SpanExporter::exported).orElse(0L));
    page.counter("fairlead_spans_dropped_total", "Spans that were not exported.");
    page.sample(
        Labels.NONE, observation.exporter().map(spans -> spans.queue().dropped()).orElse(0L));
  }
}
