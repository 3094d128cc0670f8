package io.fairlead.proxy.upstream;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.Failure;
import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.exchange.Upstream;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.proxy.upstream.EndpointState.Check;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.EndpointHealth;
import io.fairlead.traffic.HealthCheck;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.OutlierDetection;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A cluster with the pools of all loops. One object for as long as a cluster of that name exists:
 * its members change, its connections stay. {@link #members} and {@link #retire} may be called by
 * any thread; a loop sees new members with its next request, at the latest.
 */
public final class UpstreamCluster implements Upstream {
  private final String name;
  private final Loops loops;
  private final EndpointPool.Limits limits;
  private final AtomicReferenceArray<LoopCluster> perLoop;
  private final Object lock = new Object();
  private final ClusterLoad load = new ClusterLoad();
  private final HostLookup lookup;
  private volatile @Nullable Watch watch;
  private Resolution resolution;
  private volatile Placed placed;
  private boolean inForce;

  /**
   * What looks after endpoints. Of the many clusters that a proxy may know few need it, so it is
   * made for the first members that do, and stays.
   */
  private record Watch(OutlierDetector detector, HealthChecker checker, DnsRefresher refresher) {}

  /**
   * @param lookup resolves names where the members have some to be resolved
   */
  public UpstreamCluster(
      String name,
      Loops loops,
      PoolLimits limits,
      Http1Limits http1Limits,
      HostLookup lookup,
      Members members) {
    this.name = name;
    this.loops = loops;
    this.limits = new EndpointPool.Limits(limits, http1Limits);
    perLoop = new AtomicReferenceArray<>(loops.all().size());
    this.lookup = lookup;
    watchIfNeeded(members);
    resolution = Resolution.of(members);
    placed = Placed.first(members, key -> newState(key, Check.NONE));
  }

  /** To be called before the members can be seen; under the lock once the cluster is known. */
  private void watchIfNeeded(Members present) {
    if (watch == null && (present.health() != null || present.names() != null)) {
      Loop home = loops.all().get(Math.floorMod(name.hashCode(), loops.all().size()));
      watch =
          new Watch(
              new OutlierDetector(lock, home, this::judge),
              new HealthChecker(name, lock, loops, home, this::judge),
              new DnsRefresher(lookup, home, this::resolved));
    }
  }

  @Override
  public String name() {
    return name;
  }

  /** What the cluster consists of now. */
  public Members members() {
    return placed.members();
  }

  /**
   * Puts what the cluster consists of in force; connections to what remains stay open. Endpoints
   * are judged from the first time on: nothing runs for a configuration that is refused.
   */
  public void members(Members present) {
    synchronized (lock) {
      if (present.equals(resolution.configured()) && inForce) {
        return;
      }
      watchIfNeeded(present);
      resolution = resolution.next(present);
      place(resolution.members(), inForce ? Check.AWAITED : Check.NONE);
      inForce = true;
      Watch own = watch;
      if (own != null) {
        own.refresher.configure(present);
      }
    }
    tellLoops();
  }

  /** Takes addresses in; on the thread that looked them up. */
  private void resolved(Map<String, List<InetAddress>> answers) {
    synchronized (lock) {
      // Addresses that take the place of their names are not new.
      Check first = resolution.addresses().isEmpty() ? Check.NONE : Check.AWAITED;
      resolution = resolution.with(answers);
      if (resolution.members().equals(placed.members())) {
        return;
      }
      place(resolution.members(), first);
    }
    tellLoops();
  }

  /**
   * Under the lock.
   *
   * @param joining what endpoints begin with that come to a cluster that is checked
   */
  private void place(Members present, Check joining) {
    if (!present.equals(placed.members())) {
      boolean checked = check(placed.members()) != null && check(present) != null;
      Check first = checked ? joining : Check.NONE;
      placed = placed.next(present, key -> newState(key, first));
    }
    judgeBy(present);
    judge();
  }

  private void tellLoops() {
    Members present = placed.members();
    for (Loop loop : loops.all()) {
      if (perLoop.get(loop.index()) != null || present.preconnect() != null) {
        loop.execute(() -> on(loop));
      }
    }
  }

  private EndpointState newState(EndpointState.Key key, Check check) {
    return new EndpointState(key, loops.all().size(), check, loops.nanos());
  }

  private void judgeBy(Members members) {
    Watch own = watch;
    if (own != null) {
      own.detector.configure(detection(members), placed.states(), loops.nanos());
      own.checker.configure(check(members), placed.states(), members.tls());
    }
  }

  private static @Nullable OutlierDetection detection(Members members) {
    EndpointHealth health = members.health();
    return health == null ? null : health.outlierDetection().orElse(null);
  }

  private static @Nullable HealthCheck check(Members members) {
    EndpointHealth health = members.health();
    return health == null ? null : health.healthCheck().orElse(null);
  }

  /** What is known of the endpoints has changed; under the lock. */
  private void judge() {
    placed = placed.judged();
  }

  /** What this proxy itself thinks of an endpoint that it is configured with. */
  public Judgement judgement(Endpoint endpoint) {
    EndpointState state = placed.state(endpoint);
    if (state == null) {
      return Judgement.PASSED;
    }
    if (state.isEjected()) {
      return Judgement.EJECTED;
    }
    return switch (state.check()) {
      case NONE, PASSED -> Judgement.PASSED;
      case AWAITED -> Judgement.AWAITS_CHECK;
      case FAILED -> Judgement.FAILED_CHECK;
    };
  }

  /** What outlier detection did so far, or null if there is none. */
  public @Nullable OutlierStats outliers() {
    Watch own = watch;
    return own == null || detection(placed.members()) == null ? null : own.detector.stats();
  }

  /** What came of lookups so far, or null if there are no names to be resolved. */
  public @Nullable DnsStats lookups() {
    Watch own = watch;
    return own == null || placed.members().names() == null ? null : own.refresher.stats();
  }

  /** What came of health checks so far, or null if there are none. */
  public @Nullable CheckStats checks() {
    Watch own = watch;
    return own == null || check(placed.members()) == null ? null : own.checker.stats();
  }

  /** Closes idle connections, and those in use when their exchanges end. */
  public void retire() {
    Watch own = watch;
    if (own != null) {
      own.detector.close();
      own.checker.close();
      own.refresher.close();
    }
    for (Loop loop : loops.all()) {
      loop.execute(
          () -> {
            LoopCluster mine = perLoop.get(loop.index());
            if (mine != null) {
              mine.retire();
            }
          });
    }
  }

  /** What each loop has going on with the endpoints; done once every loop has told. */
  public CompletableFuture<List<PoolUse>> use() {
    List<CompletableFuture<List<PoolUse>>> asked = new ArrayList<>();
    for (Loop loop : loops.all()) {
      if (perLoop.get(loop.index()) != null) {
        asked.add(CompletableFuture.supplyAsync(() -> on(loop).use(), loop::execute));
      }
    }
    return CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
        .thenApply(all -> asked.stream().flatMap(told -> told.join().stream()).toList());
  }

  @Override
  public void open(Attempt attempt) {
    if (placed.members().choice() == Members.Choice.CLIENT) {
      on(attempt.loop()).originals().open(attempt);
      return;
    }
    LoopCluster mine = on(attempt.loop());
    EndpointPool pool =
        mine.balancer().pick(attempt.previousEndpoint(), attempt.exchange().affinity());
    if (pool == null) {
      attempt.failed(Failure.NO_ENDPOINT, name + " has no healthy endpoint");
    } else {
      pool.open(attempt);
      mine.begun(pool);
    }
  }

  /** This cluster for calls to the address of one of its endpoints, which reach that one. */
  public Upstream atOriginal() {
    return new Upstream() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public void open(Attempt attempt) {
        Peer.Ends ends = attempt.exchange().peer().ends();
        EndpointPool chosen =
            on(attempt.loop()).at(new HostPort(ends.destination(), ends.destinationPort()));
        if (chosen == null) {
          UpstreamCluster.this.open(attempt);
        } else {
          chosen.open(attempt);
        }
      }

      @Override
      public boolean hasOther(Attempt attempt) {
        return false;
      }
    };
  }

  @Override
  public boolean hasOther(Attempt attempt) {
    return on(attempt.loop()).balancer().size() > 1;
  }

  private @Nullable OutlierDetector detector() {
    Watch own = watch;
    return own == null ? null : own.detector;
  }

  /** The loop's own part of the cluster, brought up to date; on that loop only. */
  LoopCluster on(Loop loop) {
    LoopCluster mine = perLoop.get(loop.index());
    if (mine == null) {
      mine = new LoopCluster(loop, loops, limits, this::detector, load, placed);
      perLoop.set(loop.index(), mine);
    }
    Placed present = placed;
    if (mine.placed() != present) {
      mine.update(present);
    }
    return mine;
  }
}
