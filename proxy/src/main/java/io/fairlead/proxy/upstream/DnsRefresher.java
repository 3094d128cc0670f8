package io.fairlead.proxy.upstream;

import io.fairlead.proxy.loop.Loop;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Resolves the names of one cluster again and again. The lookups are made on a thread of their own,
 * one round at a time; the loop only waits for the next round.
 *
 * <p>Of a name that has addresses of both families only those of IPv4 are taken: many networks have
 * no way for the others.
 */
final class DnsRefresher {
  /** Addresses of one name that are taken. */
  private static final int MOST = 1_024;

  private final HostLookup lookup;
  private final Loop home;
  private final Consumer<Map<String, List<InetAddress>>> resolved;
  private final LongAdder found = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private volatile @Nullable Setup setup;
  private Loop.@Nullable Timer timer;

  private record Setup(Set<String> hosts, Duration rate) {}

  /**
   * @param resolved told of the hosts that were resolved in a round, on the thread of the lookups
   */
  DnsRefresher(HostLookup lookup, Loop home, Consumer<Map<String, List<InetAddress>>> resolved) {
    this.lookup = lookup;
    this.home = home;
    this.resolved = resolved;
  }

  /** Resolves the hosts of these members from now on, if they are names; from any thread. */
  void configure(Members members) {
    DnsNames names = members.names();
    Setup wanted = null;
    if (names != null) {
      Set<String> hosts = new LinkedHashSet<>();
      members.endpoints().forEach(endpoint -> hosts.add(endpoint.address().host()));
      wanted = new Setup(hosts, names.refreshRate());
    }
    Setup before = setup;
    if (wanted == null ? before != null : !wanted.equals(before)) {
      setup = wanted;
      home.execute(this::begin);
    }
  }

  /** Resolves no more; from any thread. */
  void close() {
    setup = null;
    home.execute(this::begin);
  }

  private void begin() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    Setup present = setup;
    if (present != null) {
      Thread.ofVirtual().name("fairlead-dns").start(() -> round(present));
    }
  }

  private void round(Setup present) {
    Map<String, List<InetAddress>> answers = new HashMap<>();
    for (String host : present.hosts) {
      try {
        answers.put(host, usable(lookup.lookup(host)));
        found.increment();
      } catch (UnknownHostException counted) {
        failed.increment();
      }
    }
    if (setup == present) {
      try {
        resolved.accept(answers);
      } finally {
        home.execute(() -> again(present));
      }
    }
  }

  private void again(Setup present) {
    if (setup == present && timer == null) {
      timer = home.schedule(this::begin, present.rate.toNanos());
    }
  }

  private static List<InetAddress> usable(List<InetAddress> all) throws UnknownHostException {
    List<InetAddress> preferred = all.stream().filter(Inet4Address.class::isInstance).toList();
    List<InetAddress> chosen = preferred.isEmpty() ? all : preferred;
    if (chosen.isEmpty()) {
      throw new UnknownHostException("no address");
    }
    return chosen.stream().distinct().limit(MOST).toList();
  }

  DnsStats stats() {
    return new DnsStats(found.sum(), failed.sum());
  }
}
