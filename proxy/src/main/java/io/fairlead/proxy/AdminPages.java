package io.fairlead.proxy;

import io.fairlead.proxy.admin.AdminPage;
import io.fairlead.proxy.admin.AdminPage.Answer;
import io.fairlead.proxy.admin.AdminPage.Content;
import io.fairlead.proxy.admin.AdminQuery;
import io.fairlead.proxy.admin.Json;
import io.fairlead.proxy.downstream.ListenerPort;
import io.fairlead.proxy.overload.Overload;
import io.fairlead.proxy.policy.PolicyRegistry;
import io.fairlead.proxy.upstream.Judgement;
import io.fairlead.proxy.upstream.PoolUse;
import io.fairlead.proxy.upstream.UpstreamCluster;
import io.fairlead.resilience.CircuitBreaker;
import io.fairlead.telemetry.PrometheusText;
import io.fairlead.traffic.ApiKeys;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Secret;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** What the admin port tells of a data plane. Safe for all threads. */
final class AdminPages {
  /** A loop that does not answer within this time is stuck, and the page fails. */
  private static final long LOOP_TIMEOUT_SECONDS = 5;

  private static final Set<Json.Hidden> SECRETS =
      Set.of(
          new Json.Hidden(Secret.Certificate.class, "keyPem"),
          new Json.Hidden(ApiKeys.HashedKey.class, "sha256"));

  private final DataPlaneSettings settings;
  private final LiveConfiguration configuration;
  private final PolicyRegistry policies;
  private final Observation observation;
  private final LogLevels levels;
  private final BooleanSupplier ready;
  private final Overload overload;
  private final Runnable drain;

  /**
   * @param ready whether requests are served
   * @param overload how much of its bounds the process uses
   * @param drain begins to drain, without waiting
   */
  AdminPages(
      DataPlaneSettings settings,
      LiveConfiguration configuration,
      PolicyRegistry policies,
      Observation observation,
      LogLevels levels,
      BooleanSupplier ready,
      Overload overload,
      Runnable drain) {
    this.settings = settings;
    this.configuration = configuration;
    this.policies = policies;
    this.observation = observation;
    this.levels = levels;
    this.ready = ready;
    this.overload = overload;
    this.drain = drain;
  }

  record CircuitBreakers(List<Breaker> circuitBreakers) {}

  record Breaker(
      String name,
      String state,
      long calls,
      long failures,
      long slowCalls,
      long rejected,
      long timesOpened) {}

  record Listeners(List<Port> listeners) {}

  record Port(String name, HostPort address, int connections, long accepted, long rejected) {}

  record Clusters(List<ClusterUse> clusters) {}

  record ClusterUse(String name, List<EndpointUse> endpoints) {}

  record EndpointUse(
      String id,
      HostPort address,
      int weight,
      Endpoint.Health health,
      Judgement judgement,
      int active,
      Pool pool) {}

  record Pool(int open, int idle) {}

  Map<String, AdminPage> byPath() {
    return Map.ofEntries(
        Map.entry("/ready", get("200 once it serves, 503 before and while it drains", this::ready)),
        Map.entry("/stats", get("metrics, one a line; ?filter=EXPRESSION", this::stats)),
        Map.entry("/stats/prometheus", get("metrics in the text format 0.0.4", this::prometheus)),
        Map.entry("/config_dump", get("the configuration, without secrets", this::configDump)),
        Map.entry("/clusters", get("endpoints, attempts and connections", this::clusters)),
        Map.entry("/listeners", get("ports and their connections", json(this::listeners))),
        Map.entry("/circuit-breakers", get("breakers and what they saw", json(this::breakers))),
        Map.entry(
            "/logging",
            new AdminPage(
                AdminPage.Method.GET_OR_POST,
                "levels of loggers; ?level=LEVEL sets all, ?NAME=LEVEL some",
                new LoggingPage(levels)::answer)),
        Map.entry(
            "/tap",
            new AdminPage(
                AdminPage.Method.POST,
                "requests as they pass; ?count=&seconds=&path=&header=&status=&service=&secrets=",
                observation.tap()::answer)),
        Map.entry(
            "/drain",
            new AdminPage(AdminPage.Method.POST, "take no more connections", this::drain)));
  }

  private static AdminPage get(String summary, Content content) {
    return new AdminPage(AdminPage.Method.GET, summary, content);
  }

  private static Content json(Supplier<Object> content) {
    return query -> done(Answer.json(writer().write(content.get())));
  }

  private static Json writer() {
    return new Json(SECRETS, Set.of(HostPort.class));
  }

  private static CompletionStage<Answer> done(Answer answer) {
    return CompletableFuture.completedFuture(answer);
  }

  private CompletionStage<Answer> ready(AdminQuery query) {
    return done(ready.getAsBoolean() ? Answer.text(200, "ready") : Answer.text(503, "not ready"));
  }

  private CompletionStage<Answer> drain(AdminQuery query) {
    drain.run();
    return done(Answer.text(200, "draining"));
  }

  private CompletionStage<Answer> configDump(AdminQuery query) {
    record Dump(String node, String service, Object snapshot) {}

    Dump dump = new Dump(settings.nodeId(), settings.serviceName(), configuration.snapshot());
    return done(Answer.json(writer().write(dump)));
  }

  private Object listeners() {
    return new Listeners(
        configuration.ports().stream()
            .sorted(Comparator.comparing(ListenerPort::name))
            .map(
                port ->
                    new Port(
                        port.name(),
                        port.address(),
                        port.openConnections(),
                        port.counters().accepted(),
                        port.counters().rejected()))
            .toList());
  }

  private Object breakers() {
    return new CircuitBreakers(
        policies.policies().breakers().values().stream()
            .map(CircuitBreaker::snapshot)
            .map(
                s ->
                    new Breaker(
                        s.name(),
                        s.state().name(),
                        s.calls(),
                        s.failures(),
                        s.slowCalls(),
                        s.rejectedCalls(),
                        s.timesOpened()))
            .sorted(Comparator.comparing(Breaker::name))
            .toList());
  }

  private CompletionStage<Answer> clusters(AdminQuery query) {
    return use().thenApply(all -> Answer.json(writer().write(new Clusters(all))));
  }

  private CompletionStage<Answer> prometheus(AdminQuery query) {
    return statistics().thenApply(page -> new Answer(200, PrometheusText.CONTENT_TYPE, page));
  }

  private CompletionStage<Answer> stats(AdminQuery query) {
    Predicate<String> wanted = StatsPage.filter(query);
    return statistics().thenApply(page -> Answer.lines(StatsPage.of(page, wanted)));
  }

  private CompletionStage<String> statistics() {
    return use()
        .thenApply(
            all -> {
              PrometheusText page = new PrometheusText();
              OverloadStatistics.write(page, overload);
              new Statistics(configuration, policies, observation).write(page, all);
              return page.toString();
            });
  }

  /** Every loop tells of its own pools. */
  private CompletableFuture<List<ClusterUse>> use() {
    List<CompletableFuture<ClusterUse>> asked =
        configuration.clusters().values().stream()
            .sorted(Comparator.comparing(UpstreamCluster::name))
            .map(cluster -> cluster.use().thenApply(pools -> use(cluster, pools)))
            .toList();
    return CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
        .thenApply(all -> asked.stream().map(CompletableFuture::join).toList())
        .orTimeout(LOOP_TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  private static ClusterUse use(UpstreamCluster cluster, List<PoolUse> pools) {
    List<EndpointUse> endpoints = new ArrayList<>();
    for (Endpoint endpoint : cluster.members().endpoints()) {
      List<PoolUse> own =
          pools.stream().filter(pool -> pool.endpoint().equals(endpoint.id())).toList();
      endpoints.add(
          new EndpointUse(
              endpoint.id(),
              endpoint.address(),
              endpoint.weight(),
              endpoint.health(),
              cluster.judgement(endpoint),
              own.stream().mapToInt(PoolUse::active).sum(),
              new Pool(
                  own.stream().mapToInt(PoolUse::open).sum(),
                  own.stream().mapToInt(PoolUse::idle).sum())));
    }
    return new ClusterUse(cluster.name(), endpoints);
  }
}
