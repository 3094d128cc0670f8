package io.fairlead.proxy.upstream;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.Failure;
import io.fairlead.proxy.exchange.Upstream;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.EndpointHealth;
import java.util.ArrayList;
import java.util.List;
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
  private final OutlierDetector detector;
  private volatile Placed placed;
  private boolean inForce;

  public UpstreamCluster(
      String name, Loops loops, PoolLimits limits, Http1Limits http1Limits, Members members) {
    this.name = name;
    this.loops = loops;
    this.limits = new EndpointPool.Limits(limits, http1Limits);
    perLoop = new AtomicReferenceArray<>(loops.all().size());
    Loop home = loops.all().get(Math.floorMod(name.hashCode(), loops.all().size()));
    detector = new OutlierDetector(lock, home, this::judge);
    placed = Placed.first(members, this::newState);
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
      boolean same = present.equals(placed.members());
      if (same && inForce) {
        return;
      }
      placed = same ? placed : placed.next(present, this::newState);
      inForce = true;
      judgeBy(present);
    }
    for (Loop loop : loops.all()) {
      if (perLoop.get(loop.index()) != null) {
        loop.execute(() -> on(loop));
      }
    }
  }

  private EndpointState newState(EndpointState.Key key) {
    return new EndpointState(key, loops.all().size(), loops.nanos());
  }

  private void judgeBy(Members members) {
    EndpointHealth health = members.health();
    detector.configure(
        health == null ? null : health.outlierDetection().orElse(null),
        placed.states(),
        loops.nanos());
  }

  /** What is known of the endpoints has changed; under the lock. */
  private void judge() {
    placed = placed.judged();
  }

  /** What this proxy itself thinks of an endpoint that it is configured with. */
  public Judgement judgement(Endpoint endpoint) {
    EndpointState state = placed.state(endpoint);
    return state != null && state.isEjected() ? Judgement.EJECTED : Judgement.PASSED;
  }

  /** What outlier detection did so far, or null if there is none. */
  public @Nullable OutlierStats outliers() {
    EndpointHealth health = placed.members().health();
    boolean detects = health != null && health.outlierDetection().isPresent();
    return detects ? detector.stats() : null;
  }

  /** Closes idle connections, and those in use when their exchanges end. */
  public void retire() {
    detector.close();
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
    EndpointPool pool =
        on(attempt.loop())
            .balancer()
            .pick(attempt.previousEndpoint(), attempt.exchange().affinity());
    if (pool == null) {
      attempt.failed(Failure.NO_ENDPOINT, name + " has no healthy endpoint");
    } else {
      pool.open(attempt);
    }
  }

  @Override
  public boolean hasOther(Attempt attempt) {
    return on(attempt.loop()).balancer().size() > 1;
  }

  /** The loop's own part of the cluster, brought up to date; on that loop only. */
  LoopCluster on(Loop loop) {
    LoopCluster mine = perLoop.get(loop.index());
    if (mine == null) {
      mine = new LoopCluster(loop, loops, limits, detector, placed);
      perLoop.set(loop.index(), mine);
    }
    Placed present = placed;
    if (mine.placed() != present) {
      mine.update(present);
    }
    return mine;
  }
}
