package io.fairlead.proxy.upstream;

import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.proxy.tls.ClientTlsContext;
import io.fairlead.proxy.upstream.EndpointProbe.Outcome;
import io.fairlead.traffic.HealthCheck;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Asks the endpoints of one cluster at intervals whether they are well, all on one loop. What it
 * finds out is put in force for all loops.
 */
final class HealthChecker {
  private final String cluster;
  private final Object lock;
  private final Loops loops;
  private final Loop home;
  private final Runnable publish;
  private final LongAdder passed = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final Map<EndpointState, Watch> watches = new HashMap<>();
  private volatile @Nullable Setup setup;

  private record Setup(
      HealthCheck check, List<EndpointState> states, @Nullable ClientTlsContext tls) {}

  /**
   * @param lock of the cluster
   * @param home the loop that asks
   * @param publish puts changes in force; called under the lock
   */
  HealthChecker(String cluster, Object lock, Loops loops, Loop home, Runnable publish) {
    this.cluster = cluster;
    this.lock = lock;
    this.loops = loops;
    this.home = home;
    this.publish = publish;
  }

  /** Checks these endpoints, or none if there is no check; under the lock. */
  void configure(
      @Nullable HealthCheck check, List<EndpointState> states, @Nullable ClientTlsContext tls) {
    boolean idle = setup == null && check == null;
    if (idle) {
      return;
    }
    if (check == null) {
      states.forEach(EndpointState::uncheck);
    }
    setup = check == null ? null : new Setup(check, states, tls);
    home.execute(this::reconcile);
  }

  /** Asks no more; from any thread. */
  void close() {
    setup = null;
    home.execute(this::reconcile);
  }

  private void reconcile() {
    Setup present = setup;
    Set<EndpointState> wanted = present == null ? Set.of() : new HashSet<>(present.states);
    watches
        .entrySet()
        .removeIf(
            entry -> {
              boolean stays =
                  present != null
                      && wanted.contains(entry.getKey())
                      && entry.getValue().check.equals(present.check);
              if (!stays) {
                entry.getValue().stop();
              }
              return !stays;
            });
    if (present != null) {
      for (EndpointState state : present.states) {
        if (!watches.containsKey(state)) {
          Watch watch = new Watch(state, present.check);
          watches.put(state, watch);
          watch.ask();
        }
      }
    }
  }

  /** One endpoint being watched; on the home loop. */
  private final class Watch {
    private final EndpointState state;
    private final HealthCheck check;
    private final CheckRow row;
    private @Nullable EndpointProbe running;
    private Loop.@Nullable Timer timer;

    Watch(EndpointState state, HealthCheck check) {
      this.state = state;
      this.check = check;
      row = new CheckRow(check.unhealthyThreshold(), check.healthyThreshold());
    }

    void ask() {
      timer = null;
      Setup present = setup;
      if (present != null) {
        EndpointProbe probe = new EndpointProbe(home, check.probe(), cluster, this::told);
        running = probe;
        probe.start(loops, state.key().address(), check.timeout(), present.tls);
      }
    }

    private void told(Outcome outcome) {
      running = null;
      (outcome == Outcome.PASSED ? passed : failed).increment();
      if (row.add(outcome)) {
        decide(state, row.isHealthy());
      }
      double jitter = home.randomShare() * check.intervalJitterPercent() / 100;
      timer = home.schedule(this::ask, (long) (check.interval().toNanos() * (1 + jitter)));
    }

    void stop() {
      if (timer != null) {
        timer.cancel();
      }
      if (running != null) {
        running.cancel();
      }
    }
  }

  private void decide(EndpointState state, boolean healthy) {
    synchronized (lock) {
      Setup present = setup;
      // A check that was taken away meanwhile decides nothing any more.
      if (present != null && present.states.contains(state)) {
        state.checked(healthy, home.nanos());
        publish.run();
      }
    }
  }

  CheckStats stats() {
    return new CheckStats(passed.sum(), failed.sum());
  }
}
