package io.fairlead.proxy;

import io.fairlead.proxy.exchange.AttemptLayer;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.filter.RequestId;
import io.fairlead.proxy.loop.SideLoop;
import io.fairlead.proxy.metric.CheckMetrics;
import io.fairlead.proxy.metric.Metering;
import io.fairlead.proxy.metric.RequestMetrics;
import io.fairlead.proxy.route.Router;
import io.fairlead.proxy.trace.ClientSpans;
import io.fairlead.proxy.trace.EpochClock;
import io.fairlead.proxy.trace.ServerSpans;
import io.fairlead.proxy.trace.SpanExporter;
import io.fairlead.resilience.Ticker;
import io.fairlead.telemetry.Attribute;
import io.fairlead.telemetry.OtlpEncoder;
import io.fairlead.telemetry.Sampler;
import io.fairlead.telemetry.SpanResource;
import io.fairlead.traffic.Listener;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a data plane notes down of its requests: spans, if they go anywhere, and metrics. It stays
 * across configurations. Safe for all threads.
 */
final class Observation {
  private final int loops;
  private final EpochClock clock;
  private final RequestMetrics metrics;
  private final CheckMetrics checks = new CheckMetrics();
  private final Optional<SpanExporter> exporter;
  private final Layer requestId;

  Observation(DataPlaneSettings settings, Ticker ticker, SideLoop side) {
    loops = settings.eventLoops();
    clock = new EpochClock(ticker, InstantSource.system());
    metrics = new RequestMetrics(loops, settings.maxMeasuredClusters());
    requestId = new RequestId(loops);
    SpanResource resource =
        new SpanResource(
            settings.serviceName(),
            List.of(Attribute.of("service.instance.id", settings.nodeId())));
    exporter =
        settings
            .export()
            .endpoint()
            .map(
                endpoint ->
                    new SpanExporter(
                        side,
                        settings.export(),
                        new OtlpEncoder("io.fairlead.proxy", resource),
                        clock));
  }

  RequestMetrics metrics() {
    return metrics;
  }

  CheckMetrics checks() {
    return checks;
  }

  Optional<SpanExporter> exporter() {
    return exporter;
  }

  /** What the stack of a listener is assembled of. */
  StackParts parts(
      Listener listener,
      Collection<String> clusters,
      Layer admission,
      List<Layer> filters,
      Router router) {
    String component = listener.role().name().toLowerCase(Locale.ROOT);
    Metering metering = metrics.metering(component, clusters);
    List<Layer> observers = new ArrayList<>();
    List<AttemptLayer> attemptObservers = new ArrayList<>();
    observers.add(metering);
    attemptObservers.add(metering.retries());
    exporter.ifPresent(
        spans -> {
          Sampler sampler = Sampler.ratio(listener.samplePercent() / 100);
          observers.add(new ServerSpans(spans.queue(), clock, sampler, component, loops));
          attemptObservers.add(new ClientSpans(spans.queue(), component));
        });
    return new StackParts(
        admission, filters, router, observers, attemptObservers, requestId, listener.trust());
  }
}
