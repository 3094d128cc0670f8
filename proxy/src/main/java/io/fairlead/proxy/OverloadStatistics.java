package io.fairlead.proxy;

import io.fairlead.proxy.overload.Overload;
import io.fairlead.resilience.Priority;
import io.fairlead.telemetry.Labels;
import io.fairlead.telemetry.PrometheusText;

/** Writes how near the process is to its bounds, and what it refused because of that. Stateless. */
final class OverloadStatistics {
  private OverloadStatistics() {}

  static void write(PrometheusText page, Overload overload) {
    page.gauge("fairlead_overload_pressure", "Use of a resource by its bound; 1 is full.");
    page.sample(Labels.of("resource", "buffers"), overload.bufferShare());
    page.sample(Labels.of("resource", "heap"), overload.heapShare());
    page.sample(Labels.of("resource", "connections"), overload.connectionShare());
    page.counter("fairlead_overload_requests_shed_total", "Refused for want of memory.");
    for (Priority priority : Priority.values()) {
      page.sample(Labels.of("priority", priority.text()), overload.shed(priority));
    }
    page.counter("fairlead_overload_connections_refused_total", "Refused, being too many.");
    page.sample(Labels.NONE, overload.refusedConnections());
    page.counter("fairlead_overload_connections_evicted_total", "Cut off for their memory.");
    page.sample(Labels.NONE, overload.evictions());
  }
}
