package io.fairlead.control;

import io.fairlead.traffic.Cluster.HashKey;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Cluster.LoadBalancing.Simple;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;

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
}
