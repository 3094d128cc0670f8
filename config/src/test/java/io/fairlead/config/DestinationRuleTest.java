package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.TrafficPolicy.HashAlgorithm.Maglev;
import io.fairlead.config.TrafficPolicy.HashAlgorithm.RingHash;
import io.fairlead.config.TrafficPolicy.HashKey;
import io.fairlead.config.TrafficPolicy.LoadBalancer;
import io.fairlead.config.TrafficPolicy.LoadBalancer.ConsistentHash;
import io.fairlead.config.TrafficPolicy.LoadBalancer.Simple;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class DestinationRuleTest {
  private static Manifests parse(String policy) {
    var text =
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: { name: bank }
        spec:
          host: bank.default.svc.cluster.local
          trafficPolicy:
        """;
    var indented = policy.indent(4);
    return Manifests.parse("m.yaml", text + indented, Manifests.ReferencedFiles.NONE);
  }

  private static TrafficPolicy policy(String text) {
    var parsed = parse(text);
    assertThat(parsed.faults()).isEmpty();
    return ((Manifest.DestinationRule) parsed.documents().getFirst()).policy();
  }

  private static List<String> faults(String policy) {
    var faults = parse(policy).faults();
    assertThat(faults).isNotEmpty();
    return faults.stream().map(Fault::toString).toList();
  }

  private static Optional<LoadBalancer> balancer(String text) {
    return policy("loadBalancer: " + text).loadBalancer();
  }

  @Test
  void theHostIsTheShortNameOfItsService() {
    var rule = parse("loadBalancer: { simple: RANDOM }").documents().getFirst();
    assertThat(((Manifest.DestinationRule) rule).host().name()).isEqualTo("bank");
  }

  @Test
  void simpleBalancersAreReadByIstiosNamesAndOneOfOurs() {
    assertThat(balancer("{ simple: ROUND_ROBIN }")).contains(Simple.ROUND_ROBIN);
    assertThat(balancer("{ simple: RANDOM }")).contains(Simple.RANDOM);
    assertThat(balancer("{ simple: LEAST_REQUEST }")).contains(Simple.LEAST_REQUEST);
    assertThat(balancer("{ simple: LEAST_CONN }")).contains(Simple.LEAST_REQUEST);
    assertThat(balancer("{ simple: PEAK_EWMA }")).contains(Simple.PEAK_EWMA);
  }

  @Test
  void consistentHashesAreReadWithKeyAndAlgorithm() {
    assertThat(balancer("{ consistentHash: { httpHeaderName: X-User } }"))
        .contains(new ConsistentHash(new HashKey.HttpHeader("x-user"), new RingHash(1024)));
    assertThat(balancer("{ consistentHash: { useSourceIp: true, maglev: {} } }"))
        .contains(new ConsistentHash(new HashKey.SourceIp(), new Maglev(65_537)));
    assertThat(
            balancer(
                "{ consistentHash: { httpQueryParameterName: u, ringHash: { minimumRingSize: 9 }"
                    + " } }"))
        .contains(new ConsistentHash(new HashKey.HttpQueryParameter("u"), new RingHash(9)));
    assertThat(balancer("{ consistentHash: { httpCookie: { name: c, path: /a, ttl: 1h } } }"))
        .contains(
            new ConsistentHash(
                new HashKey.HttpCookie("c", "/a", Optional.of(Duration.ofHours(1))),
                new RingHash(1024)));
  }

  private static Optional<TrafficPolicy.Localities> localities(String text) {
    return policy("loadBalancer: { localityLbSetting: " + text + " }").localities();
  }

  @Test
  void thePlaceOfCallersCountsInOneOfThreeWays() {
    assertThat(localities("{ zoneAware: {} }")).contains(new TrafficPolicy.Localities.ZoneAware(6));
    assertThat(localities("{ enabled: true }"))
        .contains(new TrafficPolicy.Localities.Failover(new TreeMap<>()));
    assertThat(localities("{ failover: [{ from: west, to: east }] }"))
        .contains(new TrafficPolicy.Localities.Failover(new TreeMap<>(Map.of("west", "east"))));
    assertThat(localities("{ distribute: [{ from: west/*, to: { 'west/a/*': 80, east: 20 } }] }"))
        .contains(
            new TrafficPolicy.Localities.Distribute(
                List.of(
                    new TrafficPolicy.Localities.Shares(
                        "west/*", new TreeMap<>(Map.of("west/a/*", 80, "east", 20))))));
    assertThat(localities("{ enabled: false, zoneAware: {} }")).isEmpty();
    assertThat(
            faults(
                "loadBalancer: { localityLbSetting: { zoneAware: {}, failover: [{ from: a, to: b }]"
                    + " } }"))
        .singleElement()
        .asString()
        .contains("must stand beside one of zoneAware, distribute and failover");
    assertThat(
            faults(
                "loadBalancer: { localityLbSetting: { distribute: [{ from: a//b, to: { c: 90 } }] }"
                    + " }"))
        .hasSize(2);
  }

  @Test
  void everythingThatIsWrongIsNamed() {
    assertThat(faults("loadBalancer: { simple: PASSTHROUGH }"))
        .singleElement()
        .asString()
        .contains("spec.trafficPolicy.loadBalancer.simple: 'PASSTHROUGH' must be one of");
    assertThat(faults("loadBalancer: {}"))
        .singleElement()
        .asString()
        .contains(
            "loadBalancer.simple: or consistentHash, warmup or localityLbSetting is required");
    assertThat(faults("loadBalancer: { simple: RANDOM, consistentHash: { useSourceIp: true } }"))
        .singleElement()
        .asString()
        .contains("loadBalancer.simple: 'RANDOM' must not stand beside consistentHash");
    assertThat(faults("loadBalancer: { consistentHash: { useSourceIp: false } }"))
        .singleElement()
        .asString()
        .contains("consistentHash: must have one of httpHeaderName, httpCookie, useSourceIp");
    assertThat(
            faults(
                "loadBalancer: { consistentHash: { httpHeaderName: a, maglev: { tableSize: 9 }"
                    + ", ringHash: {} } }"))
        .satisfiesExactly(
            first -> assertThat(first).contains("maglev.tableSize: '9' must be a prime"),
            second -> assertThat(second).contains("maglev: must not stand beside ringHash"));
    assertThat(faults("loadBalancer: { simple: RANDOM, warmupDurationSecs: 1s }"))
        .asString()
        .contains("spec.trafficPolicy.loadBalancer.warmupDurationSecs: is unknown");
    assertThat(
            faults("loadBalancer: { consistentHash: { httpCookie: { name: 'a b', path: 'x;' } } }"))
        .satisfiesExactly(
            first -> assertThat(first).contains("httpCookie.name: 'a b' must be a token"),
            second -> assertThat(second).contains("httpCookie.path: 'x;' must begin with /"));
  }

  @Test
  void outlierDetectionAndWarmUpAreReadByIstiosNames() {
    var policy =
        policy(
            """
            loadBalancer: { simple: ROUND_ROBIN, warmup: { duration: 1m, aggression: 1.5 } }
            outlierDetection:
              consecutive5xxErrors: 7
              consecutiveGatewayErrors: 0
              interval: 5s
              baseEjectionTime: 1m
              maxEjectionPercent: 100
              minHealthPercent: 20
            """);
    assertThat(policy.warmup()).contains(new TrafficPolicy.Warmup(Duration.ofMinutes(1), 10, 1.5));
    assertThat(policy.outlierDetection())
        .contains(
            new TrafficPolicy.OutlierDetection(
                Optional.of(7),
                Optional.of(0),
                Optional.of(Duration.ofSeconds(5)),
                Optional.of(Duration.ofMinutes(1)),
                Optional.of(100),
                Optional.of(20)));
    assertThat(policy("loadBalancer: { warmup: { duration: 1s } }").loadBalancer()).isEmpty();
  }

  @Test
  void outlierDetectionAndWarmUpHaveBounds() {
    assertThat(
            faults(
                """
                loadBalancer: { simple: RANDOM, warmup: {} }
                outlierDetection: { interval: 0s, baseEjectionTime: 25h, maxEjectionPercent: 101 }
                """))
        .satisfiesExactly(
            a -> assertThat(a).contains("loadBalancer.warmup.duration: is required"),
            b -> assertThat(b).contains("loadBalancer.warmup: must stand beside LEAST_REQUEST"),
            c -> assertThat(c).contains("outlierDetection.interval: '0s' must be 1ms to 1h"),
            d -> assertThat(d).contains("baseEjectionTime: '25h' must be 1ms to 24h"),
            e -> assertThat(e).contains("maxEjectionPercent: '101' must be a whole number"));
    assertThat(faults("outlierDetection: { splitExternalLocalOriginErrors: true }"))
        .singleElement()
        .asString()
        .contains("outlierDetection.splitExternalLocalOriginErrors: is unknown");
  }

  @Test
  void connectionPoolIsReadByIstiosNames() {
    var policy =
        policy(
            """
            connectionPool:
              tcp: { maxConnections: 7, maxConnectionDuration: 1h }
              http:
                http1MaxPendingRequests: 0
                http2MaxRequests: 9
                maxRequestsPerConnection: 3
                maxConcurrentStreams: 5
                maxResponseHead: 4KiB
                maxResponseHeaders: 50
              preconnect: { perUpstreamRatio: 1.5 }
            """);
    assertThat(policy.connectionPool())
        .contains(
            new TrafficPolicy.ConnectionPool(
                Optional.of(7),
                Optional.of(0),
                Optional.of(9),
                Optional.of(3),
                Optional.of(Duration.ofHours(1)),
                Optional.of(new TrafficPolicy.Preconnect(1.5, 1)),
                new TrafficPolicy.Http(Optional.of(5), Optional.of(4), Optional.of(50))));
    assertThat(faults("connectionPool: { http: { maxResponseHead: 64KiB } }"))
        .singleElement()
        .asString()
        .contains("connectionPool.http.maxResponseHead: '64KiB' must be 1KiB to 32KiB");
    assertThat(faults("connectionPool: { preconnect: { predictiveRatio: 4 } }"))
        .singleElement()
        .asString()
        .contains("connectionPool.preconnect.predictiveRatio: '4' must be");
    assertThat(policy("connectionPool: { http: { maxRequestsPerConnection: 0 } }").connectionPool())
        .get()
        .extracting(TrafficPolicy.ConnectionPool::maxRequestsPerConnection)
        .isEqualTo(Optional.empty());
    assertThat(faults("connectionPool: { tcp: { maxConnections: 0 }, http: { maxRetries: 1 } }"))
        .satisfiesExactly(
            a -> assertThat(a).contains("connectionPool.tcp.maxConnections: '0' must be a whole"),
            b -> assertThat(b).contains("connectionPool.http.maxRetries: is unknown"));
  }
}
