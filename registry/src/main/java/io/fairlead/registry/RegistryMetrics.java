package io.fairlead.registry;

/** Writes the registry's metrics in the text format of Prometheus (version 0.0.4). */
final class RegistryMetrics {
  private final StringBuilder text = new StringBuilder();

  private RegistryMetrics() {}

  static String text(Catalog catalog, RegistryHttp http) {
    var metrics = new RegistryMetrics();
    var published = catalog.published();
    var seen = catalog.counters().read();
    metrics.gauge("instances", "Instances registered now.", catalog.instanceCount());
    metrics.gauge("services", "Services with an instance now.", published.serviceCount());
    metrics.gauge("catalog_version", "Version of the last change.", published.version());
    metrics.gauge("watchers", "Watches over HTTP now.", http.watchCount());
    metrics.gauge("queued_writes", "Changes that wait for the store.", catalog.queuedWrites());
    metrics.gauge("store_failing", "1 if the last write failed.", catalog.isStoreFailing() ? 1 : 0);
    metrics.counter("puts", "Instances registered or changed.", seen.puts());
    metrics.counter("deregistered", "Instances that said goodbye.", seen.deregistered());
    metrics.counter("expired", "Instances whose lease ran out.", seen.expired());
    metrics.counter("heartbeats", "Leases renewed.", seen.heartbeats());
    metrics.counter(
        "unknown_heartbeats",
        "Heartbeats of instances that are not registered.",
        seen.unknownHeartbeats());
    metrics.counter("commits", "Transactions written.", seen.commits());
    metrics.counter("store_failures", "Transactions that failed.", seen.storeFailures());
    metrics.counter("overloads", "Changes refused because too many waited.", seen.overloads());
    metrics.counter(
        "refused_full", "Registrations refused because the catalog is full.", seen.refusedFull());
    metrics.counter(
        "resyncs", "Resyncs given to watches in place of changes.", published.resyncCount());
    return metrics.text.toString();
  }

  private void gauge(String name, String help, long value) {
    metric("fairlead_registry_" + name, "gauge", help, value);
  }

  private void counter(String name, String help, long value) {
    metric("fairlead_registry_" + name + "_total", "counter", help, value);
  }

  private void metric(String name, String type, String help, long value) {
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    text.append(name).append(' ').append(value).append('\n');
  }
}
