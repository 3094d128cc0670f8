package io.fairlead.traces;

/** Writes the backend's metrics in the text format of Prometheus (version 0.0.4). */
final class TraceMetrics {
  private final StringBuilder text = new StringBuilder();

  private TraceMetrics() {}

  static String text(SpanReceiver receiver, SpanStore.StoreStats stats) {
    var metrics = new TraceMetrics();
    metrics.gauge("traces", "Traces kept now.", stats.traces());
    metrics.gauge("spans", "Spans kept now.", stats.spans());
    metrics.gauge("bytes", "Estimated size of what is kept now.", stats.bytes());
    metrics.counter("spans_received", "Spans that were read.", receiver.receivedCount());
    metrics.counter("spans_rejected", "Spans that break a rule.", receiver.rejectedCount());
    metrics.counter(
        "messages_refused", "Messages that could not be read.", receiver.refusedMessageCount());
    metrics.counter("spans_stored", "Spans taken into the store.", stats.stored());
    metrics.counter("spans_repeated", "Spans that were known already.", stats.repeated());
    metrics.counter("traces_evicted", "Traces given up for newer ones.", stats.evictedTraces());
    metrics.counter("spans_evicted", "Spans of traces given up.", stats.evictedSpans());
    metrics.counter(
        "spans_late", "Spans dropped after their trace was given up.", stats.droppedLate());
    metrics.counter(
        "spans_oversize", "Spans dropped beyond the bound of a trace.", stats.droppedOversize());
    return metrics.text.toString();
  }

  private void gauge(String name, String help, long value) {
    metric("fairlead_traces_" + name, "gauge", help, value);
  }

  private void counter(String name, String help, long value) {
    metric("fairlead_traces_" + name + "_total", "counter", help, value);
  }

  private void metric(String name, String type, String help, long value) {
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    text.append(name).append(' ').append(value).append('\n');
  }
}
