package io.fairlead.control;

import io.fairlead.config.Cidr;
import io.fairlead.config.LogFilter;
import io.fairlead.config.LogFormat;
import io.fairlead.resilience.AdaptiveLimitSettings;
import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.HedgeSettings;
import io.fairlead.resilience.LimitAlgorithm;
import io.fairlead.resilience.ProcessLimits;
import io.fairlead.resilience.RateLimitAlgorithm;
import io.fairlead.resilience.RateLimitSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetryBudgetSettings;
import io.fairlead.resilience.RetryJitter;
import io.fairlead.resilience.RetryOn;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.resilience.SlidingWindowType;
import io.fairlead.resilience.ThreadPoolBulkheadSettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.AccessLog;
import io.fairlead.traffic.ApiKeys;
import io.fairlead.traffic.AuthorizationRule;
import io.fairlead.traffic.ClientTls;
import io.fairlead.traffic.ClientTrust;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.Endpoints;
import io.fairlead.traffic.GlobalRateLimit;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.HttpBounds;
import io.fairlead.traffic.HttpFilter;
import io.fairlead.traffic.Intake;
import io.fairlead.traffic.JwtProvider;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.Locality;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.OriginalDestination;
import io.fairlead.traffic.PeerValidation;
import io.fairlead.traffic.Resource;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteFilters;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.ServerTls;
import io.fairlead.traffic.Share;
import io.fairlead.traffic.StringMatch;
import io.fairlead.traffic.TcpRoute;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Random resources of the traffic model that use every field. */
final class RandomModel {
  private final Random random;
  private final RandomClusters clusters;
  private int names;

  RandomModel(long seed) {
    random = new Random(seed);
    clusters = new RandomClusters(random);
  }

  Resource resource() {
    return switch (random.nextInt(5)) {
      case 0 -> listener();
      case 1 -> table();
      case 2 -> cluster();
      case 3 -> new Endpoints(name(), list(this::endpoint));
      default -> secret();
    };
  }

  /** Clusters and limits that lead Envoy to do what our own proxies read elsewhere. */
  Surroundings surroundings() {
    return new Surroundings() {
      @Override
      public Optional<Cluster> cluster(String name) {
        return Optional.of(RandomModel.this.cluster());
      }

      @Override
      public List<
              io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter>
          limits(String table) {
        return NativeLimits.filters(table(), this);
      }
    };
  }

  private Listener listener() {
    return random.nextInt(4) == 0
        ? new Listener(
            name(),
            address(),
            pick(Listener.Role.values()),
            maybe(this::serverTls),
            List.of(),
            "",
            0,
            ClientTrust.NONE,
            Optional.of(intake(List.of(tcpRoute(List.of()), tcpRoute(List.of(name(), name()))))))
        : new Listener(
            name(),
            address(),
            pick(Listener.Role.values()),
            maybe(this::serverTls),
            list(this::filter),
            name(),
            random.nextInt(101),
            trust(),
            maybe(() -> intake(list(() -> tcpRoute(List.of(name(), name()))))),
            list(this::accessLog),
            maybe(this::bounds));
  }

  private HttpBounds bounds() {
    int window = 65_535 + random.nextInt(1_000_000);
    return new HttpBounds(
        1 + random.nextInt(1_000),
        window,
        window + random.nextInt(1_000_000),
        1 + random.nextInt(1_000),
        10 + random.nextInt(1_000),
        random.nextInt(100));
  }

  private AccessLog accessLog() {
    return new AccessLog(
        "/" + name(),
        random.nextBoolean()
            ? new LogFormat.Text("%REQ(x-a?x-b):9% " + name())
            : new LogFormat.Json(List.of(new LogFormat.Member(name(), "%DURATION%"))),
        new LogFilter(
            maybe(() -> 100 + random.nextInt(500)),
            pick(LogFilter.Errors.values()),
            maybe(() -> Duration.ofMillis(random.nextInt(5_000))),
            random.nextInt(101)));
  }

  private Intake intake(List<TcpRoute> tcp) {
    return new Intake(
        pick(Intake.ProxyHeader.values()),
        pick(Intake.PlainText.values()),
        Duration.ofMillis(random.nextInt(300_000)),
        tcp,
        maybe(this::originalDestination));
  }

  private OriginalDestination originalDestination() {
    var source = pick(OriginalDestination.Source.values());
    return random.nextBoolean()
        ? new OriginalDestination(source)
        : new OriginalDestination(
            source, List.of(1 + random.nextInt(1000), 2000 + random.nextInt(1000)), name());
  }

  private TcpRoute tcpRoute(List<String> serverNames) {
    return new TcpRoute(
        name(),
        serverNames,
        List.of(
            new RouteAction.WeightedCluster(name(), 1 + random.nextInt(100)),
            new RouteAction.WeightedCluster(name(), random.nextInt(100))));
  }

  private ServerTls serverTls() {
    return new ServerTls(
        name(),
        maybe(this::validation),
        list(() -> new ServerTls.Named(random.nextBoolean() ? name() : "*", name())),
        maybe(() -> pick(ServerTls.Stapling.values())));
  }

  private JwtProvider provider() {
    return new JwtProvider(
        name(),
        list(this::name),
        random.nextBoolean()
            ? new JwtProvider.Keys.Inline(name())
            : new JwtProvider.Keys.Remote("https://idp.example/" + names++),
        list(() -> new JwtProvider.FromHeader(name(), random.nextBoolean() ? name() : "")),
        list(this::name),
        pick(JwtProvider.Forwarding.values()),
        list(() -> new JwtProvider.ClaimHeader(name(), name())));
  }

  private HttpFilter filter() {
    if (random.nextInt(4) == 0) {
      return new HttpFilter.ExternalAuthorization(
          name(),
          random.nextBoolean()
              ? new HttpFilter.ExternalAuthorization.Service.Http(
                  random.nextBoolean() ? "/" + name() : "", list(this::name), list(this::name))
              : new HttpFilter.ExternalAuthorization.Service.Grpc(
                  new TreeMap<>(Map.of(name(), name(), name() + "2", ""))),
          duration(),
          pick(HttpFilter.ExternalAuthorization.FailureMode.values()),
          400 + random.nextInt(200),
          random.nextBoolean()
              ? Optional.empty()
              : Optional.of(
                  new HttpFilter.ExternalAuthorization.CheckedBody(
                      1 + random.nextInt(1000),
                      pick(HttpFilter.ExternalAuthorization.CheckedBody.Longer.values()))),
          list(this::name));
    }
    if (random.nextInt(3) == 0) {
      return new HttpFilter.JwtAuthentication(list(this::provider));
    }
    return random.nextBoolean()
        ? new HttpFilter.LocalRateLimit(rateLimit())
        : new HttpFilter.Rbac(
            pick(HttpFilter.Rbac.Action.values()),
            list(() -> new AuthorizationRule(name(), list(this::clause))));
  }

  private AuthorizationRule.Clause clause() {
    var sense = pick(Route.ValueMatch.Sense.values());
    return switch (random.nextInt(3)) {
      case 0 ->
          new AuthorizationRule.Clause.Address(
              pick(AuthorizationRule.Clause.End.values()), some(this::block), sense);
      case 1 -> new AuthorizationRule.Clause.Port(some(() -> 1 + random.nextInt(65_535)), sense);
      default -> new AuthorizationRule.Clause.Text(subject(), some(this::match), sense);
    };
  }

  private AuthorizationRule.Subject subject() {
    return switch (random.nextInt(7)) {
      case 0 -> new AuthorizationRule.Subject.Principal();
      case 1 -> new AuthorizationRule.Subject.RequestPrincipal();
      case 2 -> new AuthorizationRule.Subject.Claim(some(this::name));
      case 3 -> new AuthorizationRule.Subject.Host();
      case 4 -> new AuthorizationRule.Subject.Method();
      case 5 -> new AuthorizationRule.Subject.Path();
      default -> new AuthorizationRule.Subject.Header(name());
    };
  }

  private Cidr block() {
    return random.nextBoolean()
        ? new Cidr("10.1." + random.nextInt(256) + ".7", random.nextInt(33))
        : new Cidr("fd00::" + Integer.toHexString(random.nextInt(65_536)), random.nextInt(129));
  }

  private <T> List<T> some(Supplier<T> value) {
    return IntStream.rangeClosed(0, random.nextInt(3)).mapToObj(i -> value.get()).toList();
  }

  private ClientTrust trust() {
    boolean hops = random.nextBoolean();
    return new ClientTrust(
        hops ? random.nextInt(101) : 0,
        hops ? List.of() : list(this::block),
        pick(ClientTrust.Underscores.values()));
  }

  private RouteTable table() {
    return new RouteTable(
        name(),
        list(() -> new RouteTable.VirtualHost(name(), List.of(name(), name()), list(this::route))));
  }

  private Route route() {
    var path =
        switch (random.nextInt(4)) {
          case 0 -> new Route.PathMatch.Exact("/" + name());
          case 1 -> new Route.PathMatch.Regex("/" + name() + "/[0-9]+(a|b)?");
          case 2 -> new Route.PathMatch.Template("/n" + names++ + "/{id}/*/{rest=**}");
          default -> new Route.PathMatch.Prefix(random.nextBoolean() ? "/" : "/" + name());
        };
    var match =
        new Route.Match(
            path, list(() -> "GET-" + names++), list(this::valueMatch), list(this::valueMatch));
    var action = action();
    return new Route(
        name(),
        match,
        action,
        headers(),
        headers(),
        resilience(),
        maybe(
            () -> new ApiKeys(name(), list(() -> new ApiKeys.HashedKey(name(), "0f".repeat(32))))),
        filters(action));
  }

  private RouteFilters filters(RouteAction action) {
    return new RouteFilters(
        action instanceof RouteAction.Forward
            ? list(() -> new RouteFilters.Mirror(name(), share()))
            : List.of(),
        maybe(
            () ->
                new RouteFilters.FaultInjection(
                    maybe(() -> new RouteFilters.FaultInjection.Delay(duration(), share())),
                    maybe(
                        () ->
                            new RouteFilters.FaultInjection.Abort(
                                200 + random.nextInt(400), share())),
                    list(this::valueMatch))),
        maybe(this::cors),
        maybe(this::duration),
        maybe(() -> new HedgeSettings(duration(), random.nextInt(11))),
        new RouteFilters.Limits(
            random.nextBoolean() ? OptionalLong.of(random.nextInt(1000)) : OptionalLong.empty(),
            maybe(
                () ->
                    new RouteFilters.Limits.BodyRate(
                        1 + random.nextInt(1000), Duration.ofMillis(10 + random.nextInt(1000)))),
            maybe(this::duration)),
        new TreeSet<>(list(() -> 400 + random.nextInt(200))),
        maybe(this::globalRateLimit));
  }

  private GlobalRateLimit globalRateLimit() {
    return new GlobalRateLimit(
        name(),
        name(),
        duration(),
        pick(GlobalRateLimit.FailureMode.values()),
        List.of(
            new GlobalRateLimit.Descriptor(List.of(limitEntry(), limitEntry()), 1),
            new GlobalRateLimit.Descriptor(List.of(limitEntry()), 1 + random.nextInt(9))));
  }

  private GlobalRateLimit.Entry limitEntry() {
    return switch (random.nextInt(7)) {
      case 0 -> new GlobalRateLimit.Entry.SourceCluster();
      case 1 -> new GlobalRateLimit.Entry.DestinationCluster();
      case 2 -> new GlobalRateLimit.Entry.RemoteAddress();
      case 3 -> new GlobalRateLimit.Entry.Path();
      case 4 ->
          new GlobalRateLimit.Entry.RequestHeader(
              name(), name(), pick(GlobalRateLimit.Entry.RequestHeader.Absence.values()));
      case 5 -> new GlobalRateLimit.Entry.GenericKey(name(), name());
      default -> new GlobalRateLimit.Entry.HeaderValueMatch(name(), name(), list(this::valueMatch));
    };
  }

  private RouteFilters.Cors cors() {
    return new RouteFilters.Cors(
        list(this::match),
        list(() -> "GET" + names++),
        list(() -> "x-" + names++),
        list(() -> "x-" + names++),
        pick(RouteFilters.Cors.Credentials.values()),
        Duration.ofSeconds(random.nextInt(1000)));
  }

  private Share share() {
    return new Share(random.nextInt(Share.WHOLE + 1));
  }

  private RouteAction action() {
    return switch (random.nextInt(3)) {
      case 0 ->
          new RouteAction.Forward(
              List.of(
                  new RouteAction.WeightedCluster(name(), 1 + random.nextInt(100)),
                  new RouteAction.WeightedCluster(name(), random.nextInt(100))),
              maybe(this::rewrite),
              maybe(this::name),
              maybe(() -> Set.copyOf(list(() -> pick(RouteAction.Upgrade.values())))));
      case 1 ->
          new RouteAction.Redirect(
              maybe(() -> "https"),
              maybe(this::name),
              maybe(() -> 1 + random.nextInt(65_535)),
              maybe(this::rewrite),
              List.of(301, 302, 303, 307, 308).get(random.nextInt(5)));
      default -> new RouteAction.DirectResponse(200 + random.nextInt(400), name());
    };
  }

  private RouteAction.PathRewrite rewrite() {
    return random.nextBoolean()
        ? new RouteAction.PathRewrite.ReplacePrefix("/" + name())
        : new RouteAction.PathRewrite.ReplaceFull("/" + name());
  }

  private HeaderChanges headers() {
    Supplier<HeaderChanges.Field> field = () -> new HeaderChanges.Field(name(), name());
    return new HeaderChanges(list(field), list(field), list(this::name));
  }

  private Cluster cluster() {
    if (random.nextInt(6) == 0) {
      return new Cluster(
          name(),
          new Cluster.Discovery.OriginalDst(),
          Optional.empty(),
          Cluster.Protocol.HTTP_1,
          Cluster.LoadBalancing.Simple.LEAST_REQUEST,
          Optional.empty(),
          maybe(clusters::limits),
          resilience(),
          maybe(() -> pick(Cluster.ProxyVersion.values())),
          Optional.empty());
    }
    var balancing = clusters.balancing();
    var protocol = pick(Cluster.Protocol.values());
    return new Cluster(
        name(),
        switch (random.nextInt(4)) {
          case 0 -> new Cluster.Discovery.Eds(name());
          case 1 -> new Cluster.Discovery.StrictDns(list(this::endpoint), clusters.time());
          case 2 -> new Cluster.Discovery.LogicalDns(endpoint(), clusters.time());
          default -> new Cluster.Discovery.Static(list(this::endpoint));
        },
        maybe(() -> new ClientTls(random.nextBoolean() ? name() : "", validation(), name())),
        protocol,
        balancing,
        clusters.health(balancing, protocol),
        maybe(clusters::limits),
        resilience(),
        maybe(() -> pick(Cluster.ProxyVersion.values())),
        maybe(clusters::localities));
  }

  private ResilienceSettings resilience() {
    return new ResilienceSettings(
        maybe(this::circuitBreaker),
        maybe(this::retry),
        maybe(() -> new TimeoutSettings(duration(), duration(), duration())),
        maybe(
            () -> new BulkheadSettings(1 + random.nextInt(1000), duration(), random.nextInt(1000))),
        maybe(this::rateLimit),
        maybe(
            () ->
                new ThreadPoolBulkheadSettings(
                    1 + random.nextInt(1000), random.nextInt(1000), duration())),
        maybe(this::process),
        maybe(this::adaptiveLimit));
  }

  private AdaptiveLimitSettings adaptiveLimit() {
    int least = 1 + random.nextInt(100);
    int initial = least + random.nextInt(100);
    LimitAlgorithm algorithm =
        random.nextBoolean()
            ? new LimitAlgorithm.Aimd(0.5 + random.nextDouble() * 0.49, duration())
            : new LimitAlgorithm.Gradient(
                0.5 + random.nextDouble() * 0.49,
                1 + random.nextDouble() * 9,
                1 + random.nextInt(1000),
                0.01 + random.nextDouble() * 0.99,
                12 + random.nextInt(1000));
    return new AdaptiveLimitSettings(algorithm, initial, least, initial + random.nextInt(100));
  }

  private ProcessLimits process() {
    return new ProcessLimits(
        0.01 + random.nextDouble() * 99,
        random.nextLong(1L << 20, 1L << 50),
        random.nextBoolean() ? OptionalInt.of(1 + random.nextInt(1000)) : OptionalInt.empty());
  }

  private CircuitBreakerSettings circuitBreaker() {
    return new CircuitBreakerSettings(
        1 + random.nextDouble() * 99,
        1 + random.nextDouble() * 99,
        duration(),
        1 + random.nextInt(1000),
        pick(SlidingWindowType.values()),
        1 + random.nextInt(1000),
        duration(),
        1 + random.nextDouble() * 99,
        duration(),
        1 + random.nextInt(100),
        duration());
  }

  private RetrySettings retry() {
    var on = EnumSet.noneOf(RetryOn.class);
    on.addAll(list(() -> pick(RetryOn.values())));
    var initial = duration();
    return new RetrySettings(
        random.nextInt(10),
        initial,
        initial.plus(duration()),
        1 + random.nextDouble() * 9,
        random.nextDouble(),
        pick(RetryJitter.values()),
        on,
        maybe(() -> new RetryBudgetSettings(random.nextDouble() * 100, random.nextInt(10))));
  }

  private RateLimitSettings rateLimit() {
    return new RateLimitSettings(
        1 + random.nextInt(1000),
        Duration.ofSeconds(1 + random.nextInt(100)),
        RateLimitAlgorithm.values()[random.nextInt(3)]);
  }

  private Secret secret() {
    return random.nextBoolean()
        ? new Secret.Certificate(name(), name(), name(), maybe(() -> "AQIDBA=="))
        : new Secret.Validation(name(), name(), random.nextBoolean() ? name() : "");
  }

  private PeerValidation validation() {
    String roots = random.nextInt(4) == 0 ? MeshSettings.SYSTEM_ROOTS : name();
    return new PeerValidation(roots, list(this::match));
  }

  private Endpoint endpoint() {
    return new Endpoint(
        name(),
        address(),
        1 + random.nextInt(1000),
        random.nextBoolean() ? 0 : random.nextInt(128),
        random.nextBoolean() ? Locality.NONE : clusters.locality(),
        pick(Endpoint.Health.values()));
  }

  private Route.ValueMatch valueMatch() {
    return new Route.ValueMatch(name(), match(), pick(Route.ValueMatch.Sense.values()));
  }

  private StringMatch match() {
    return switch (random.nextInt(6)) {
      case 0 -> new StringMatch.Exact(name());
      case 3 -> new StringMatch.Contains(name());
      case 4 -> new StringMatch.Regex(name() + ".*");
      case 1 -> new StringMatch.Prefix(name());
      case 2 -> new StringMatch.Suffix(name());
      default -> new StringMatch.Present();
    };
  }

  private HostPort address() {
    return new HostPort(random.nextBoolean() ? "127.0.0.1" : "::1", random.nextInt(65_536));
  }

  private Duration duration() {
    return Duration.ofSeconds(random.nextInt(1000), 1 + random.nextInt(999_999_999));
  }

  /** Unique, so that no two things are taken for each other. */
  private String name() {
    return "name-é-" + names++;
  }

  private <T> Optional<T> maybe(Supplier<T> value) {
    return random.nextBoolean() ? Optional.of(value.get()) : Optional.empty();
  }

  private <T> List<T> list(Supplier<T> value) {
    return IntStream.range(0, random.nextInt(4)).mapToObj(i -> value.get()).toList();
  }

  private <T> T pick(T[] values) {
    return values[random.nextInt(values.length)];
  }
}
