package io.fairlead.control;

import io.fairlead.traffic.Cluster.HashKey;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Cluster.LoadBalancing.Simple;
import io.fairlead.traffic.Cluster.Protocol;
import io.fairlead.traffic.EndpointHealth;
import io.fairlead.traffic.HealthCheck;
import io.fairlead.traffic.Locality;
import io.fairlead.traffic.LocalityRouting;
import io.fairlead.traffic.OutlierDetection;
import io.fairlead.traffic.Preconnect;
import io.fairlead.traffic.SlowStart;
import io.fairlead.traffic.UpstreamLimits;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/** Random settings of clusters that use every field. */
final class RandomClusters {
  private static final List<Integer> PRIMES = List.of(2, 3, 251, 65_537, 5_000_011);

  private final Random random;

  RandomClusters(Random random) {
    this.random = random;
  }

  LoadBalancing balancing() {
    return switch (random.nextInt(4)) {
      case 0 -> Simple.values()[random.nextInt(Simple.values().length)];
      case 1 -> new LoadBalancing.PeakEwma(Duration.ofMillis(1 + random.nextInt(3_600_000)));
      case 2 -> {
        int least = 1 + random.nextInt(LoadBalancing.RingHash.MOST);
        yield new LoadBalancing.RingHash(
            key(), least, least + random.nextInt(LoadBalancing.RingHash.MOST - least + 1));
      }
      default -> new LoadBalancing.Maglev(key(), PRIMES.get(random.nextInt(PRIMES.size())));
    };
  }

  Optional<EndpointHealth> health(LoadBalancing balancing, Protocol protocol) {
    if (random.nextBoolean()) {
      return Optional.empty();
    }
    var slowStart = new SlowStart(time(), 0.1 + random.nextDouble() * 9, random.nextDouble() * 100);
    return Optional.of(
        new EndpointHealth(
            random.nextBoolean() ? Optional.of(outliers()) : Optional.empty(),
            random.nextBoolean() ? Optional.of(check(protocol)) : Optional.empty(),
            balancing.growsWeights() && random.nextBoolean()
                ? Optional.of(slowStart)
                : Optional.empty(),
            random.nextDouble() * 100));
  }

  private OutlierDetection outliers() {
    return new OutlierDetection(
        new OutlierDetection.Consecutive(1 + random.nextInt(9), percent()),
        new OutlierDetection.Consecutive(1 + random.nextInt(9), percent()),
        new OutlierDetection.SuccessRate(
            random.nextInt(9), 1 + random.nextInt(99), random.nextInt(3000), percent()),
        new OutlierDetection.FailurePercentage(
            percent(), random.nextInt(9), 1 + random.nextInt(99), percent()),
        new OutlierDetection.Ejection(time(), time(), time(), percent()));
  }

  private HealthCheck check(Protocol protocol) {
    var statuses = new HealthCheck.Statuses(100 + random.nextInt(200), 300 + random.nextInt(300));
    var host = random.nextBoolean() ? "" : "h" + random.nextInt(9);
    HealthCheck.Probe asked =
        protocol == Protocol.HTTP_2
            ? new HealthCheck.Probe.Grpc(host, random.nextBoolean() ? "" : "some.Service")
            : new HealthCheck.Probe.Http(
                host,
                "/ready?" + random.nextInt(9),
                List.of(statuses, new HealthCheck.Statuses(204, 204)));
    HealthCheck.Probe probe = random.nextBoolean() ? new HealthCheck.Probe.Tcp() : asked;
    return new HealthCheck(
        probe, time(), time(), percent(), 1 + random.nextInt(1000), 1 + random.nextInt(1000));
  }

  UpstreamLimits limits() {
    return new UpstreamLimits(
        bound(),
        random.nextBoolean() ? Optional.of(0) : bound(),
        bound(),
        bound(),
        random.nextBoolean() ? Optional.of(time()) : Optional.empty(),
        random.nextBoolean()
            ? Optional.of(new Preconnect(1 + 2 * random.nextDouble(), 1 + random.nextDouble()))
            : Optional.empty(),
        new UpstreamLimits.Http(bound(), bound(), bound()));
  }

  private Optional<Integer> bound() {
    return random.nextBoolean() ? Optional.of(1 + random.nextInt(1000)) : Optional.empty();
  }

  private int percent() {
    return random.nextInt(101);
  }

  Duration time() {
    return Duration.ofNanos(1_000_000 + random.nextLong(3_000_000_000_000L));
  }

  private HashKey key() {
    return switch (random.nextInt(4)) {
      case 0 -> new HashKey.Header("x-user-" + random.nextInt(10));
      case 1 ->
          new HashKey.Cookie(
              "session-" + random.nextInt(10),
              random.nextBoolean() ? "" : "/shop",
              random.nextBoolean()
                  ? Optional.of(Duration.ofSeconds(random.nextInt(3)))
                  : Optional.empty());
      case 2 -> new HashKey.SourceAddress();
      default -> new HashKey.QueryParameter("key-" + random.nextInt(10));
    };
  }

  Locality locality() {
    return new Locality(
        "r" + random.nextInt(3), random.nextBoolean() ? "" : "z" + random.nextInt(3), "");
  }

  LocalityRouting localities() {
    return switch (random.nextInt(3)) {
      case 0 -> new LocalityRouting.ZoneAware(random.nextInt(10));
      case 1 -> {
        var regions = new TreeMap<String, String>();
        for (int i = 0; i < random.nextInt(3); i++) {
          regions.put("r" + i, "r" + random.nextInt(5));
        }
        yield new LocalityRouting.Failover(regions);
      }
      default -> {
        int first = random.nextInt(101);
        var to = new TreeMap<>(Map.of("r1/*", first, "r2/z", 100 - first));
        yield new LocalityRouting.Distribute(
            List.of(
                new LocalityRouting.Shares("*", to),
                new LocalityRouting.Shares(
                    locality().toString(), new TreeMap<>(Map.of("r", 100)))));
      }
    };
  }
}
