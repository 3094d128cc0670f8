package io.fairlead.proxy;

import io.fairlead.proxy.exchange.AttemptLayer;
import io.fairlead.proxy.exchange.ConnectionLayer;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.filter.Admission;
import io.fairlead.proxy.filter.RequestId;
import io.fairlead.proxy.log.AccessLogging;
import io.fairlead.proxy.log.LogFiles;
import io.fairlead.proxy.log.Tap;
import io.fairlead.proxy.loop.SideLoop;
import io.fairlead.proxy.metric.CheckMetrics;
import io.fairlead.proxy.metric.IstioLabels;
import io.fairlead.proxy.metric.IstioLabels.Reporter;
import io.fairlead.proxy.metric.IstioMetering;
import io.fairlead.proxy.metric.IstioMetrics;
import io.fairlead.proxy.metric.Metering;
import io.fairlead.proxy.metric.MirrorMetrics;
import io.fairlead.proxy.metric.RequestMetrics;
import io.fairlead.proxy.route.Router;
import io.fairlead.proxy.route.RouterCompiler;
import io.fairlead.proxy.trace.ClientSpans;
import io.fairlead.proxy.trace.EpochClock;
import io.fairlead.proxy.trace.ServerSpans;
import io.fairlead.proxy.trace.SpanExporter;
import io.fairlead.resilience.Ticker;
import io.fairlead.telemetry.Attribute;
import io.fairlead.telemetry.OtlpEncoder;
import io.fairlead.telemetry.Sampler;
import io.fairlead.telemetry.SpanResource;
import io.fairlead.traffic.AccessLog;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.StringMatch;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What a data plane notes down of its requests: spans, if they go anywhere, and metrics. It stays
 * across configurations. Safe for all threads.
 */
final class Observation {
  /** How long times may be off after the wall clock was set. */
  private static final long FOLLOW_SECONDS = 10;

  private final int loops;
  private final EpochClock clock;
  private final RequestMetrics metrics;
  private final CheckMetrics checks = new CheckMetrics();
  private final MirrorMetrics mirrors;
  private final IstioMetrics istio;
  private final Optional<SpanExporter> exporter;
  private final Layer requestId;
  private final LogFiles files;
  private final Tap tap;
  private final DataPlaneSettings settings;

  Observation(DataPlaneSettings settings, Ticker ticker, SideLoop side) {
    this.settings = settings;
    loops = settings.eventLoops();
    clock = new EpochClock(ticker, InstantSource.system());
    side.eventLoop()
        .scheduleWithFixedDelay(clock::follow, FOLLOW_SECONDS, FOLLOW_SECONDS, TimeUnit.SECONDS);
    files = new LogFiles(ticker);
    tap = new Tap(side, clock);
    metrics = new RequestMetrics(loops, settings.maxMeasuredClusters());
    mirrors = new MirrorMetrics(loops, settings.maxMeasuredClusters());
    istio = new IstioMetrics(loops, settings.maxMeasuredClusters());
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

  private IstioMetering istio(Listener.Role role, List<Cluster> clusters) {
    String self = settings.serviceName();
    return switch (role) {
      case INBOUND ->
          new IstioMetering(istio, Map.of(), new IstioLabels(Reporter.DESTINATION, "", self, ""));
      case OUTBOUND, GATEWAY -> {
        Map<String, IstioLabels> byCluster = new HashMap<>();
        for (Cluster cluster : clusters) {
          byCluster.put(
              cluster.name(),
              new IstioLabels(Reporter.SOURCE, self, cluster.name(), principal(cluster)));
        }
        yield new IstioMetering(istio, byCluster, new IstioLabels(Reporter.SOURCE, self, "", ""));
      }
    };
  }

  /** The identity that the endpoints must prove, if there is one. */
  private static String principal(Cluster cluster) {
    List<StringMatch> wanted =
        cluster.tls().map(tls -> tls.server().identities()).orElse(List.of());
    return wanted.size() == 1 && wanted.getFirst() instanceof StringMatch.Exact(var identity)
        ? identity
        : "";
  }

  IstioMetrics istio() {
    return istio;
  }

  RequestMetrics metrics() {
    return metrics;
  }

  CheckMetrics checks() {
    return checks;
  }

  MirrorMetrics mirrors() {
    return mirrors;
  }

  /** Who asks about requests of routes, and where that is counted. */
  RouterCompiler.Asking asking() {
    return new RouterCompiler.Asking(settings.serviceName(), checks, mirrors);
  }

  /** Shows requests to operators. */
  Tap tap() {
    return tap;
  }

  /** Where access logs go. */
  LogFiles files() {
    return files;
  }

  Optional<SpanExporter> exporter() {
    return exporter;
  }

  /** What the stack of a listener is assembled of. */
  StackParts parts(
      Listener listener,
      List<Cluster> clusters,
      Admission.Layers admission,
      List<Layer> filters,
      Router router) {
    String component = listener.role().name().toLowerCase(Locale.ROOT);
    Metering metering = metrics.metering(component);
    IstioMetering istio = istio(listener.role(), clusters);
    List<Layer> observers = new ArrayList<>();
    List<AttemptLayer> attemptObservers = new ArrayList<>();
    observers.add(metering);
    observers.add(istio);
    observers.add(tap);
    attemptObservers.add(metering.retries());
    exporter.ifPresent(
        spans -> {
          Sampler sampler = Sampler.ratio(listener.samplePercent() / 100);
          observers.add(new ServerSpans(spans.queue(), clock, sampler, component, loops));
          attemptObservers.add(new ClientSpans(spans.queue(), component));
        });
    List<ConnectionLayer> connectionObservers = new ArrayList<>();
    connectionObservers.add(istio);
    List<AccessLog> logs = new ArrayList<>(settings.accessLogs());
    logs.addAll(listener.accessLogs());
    Layer naming = requestId;
    if (!logs.isEmpty()) {
      var logging = new AccessLogging(logs, files, clock, settings.nodeId(), loops);
      observers.addFirst(logging);
      connectionObservers.add(logging);
      naming = logging.naming(requestId);
    }
    return new StackParts(
        admission,
        filters,
        router,
        observers,
        attemptObservers,
        connectionObservers,
        naming,
        listener.trust());
  }
}
