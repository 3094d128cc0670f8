package io.fairlead.proxy.upstream;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.Failure;
import io.fairlead.proxy.exchange.Upstream;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.loop.Loops;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceArray;

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
  private volatile Placed placed;

  public UpstreamCluster(
      String name, Loops loops, PoolLimits limits, Http1Limits http1Limits, Members members) {
    this.name = name;
    this.loops = loops;
    this.limits = new EndpointPool.Limits(limits, http1Limits);
    placed = Placed.first(members);
    perLoop = new AtomicReferenceArray<>(loops.all().size());
  }

  @Override
  public String name() {
    return name;
  }

  /** What the cluster consists of now. */
  public Members members() {
    return placed.members();
  }

  /** Changes what the cluster consists of; connections to what remains stay open. */
  public void members(Members present) {
    if (present.equals(placed.members())) {
      return;
    }
    placed = placed.next(present);
    for (Loop loop : loops.all()) {
      if (perLoop.get(loop.index()) != null) {
        loop.execute(() -> on(loop));
      }
    }
  }

  /** Closes idle connections, and those in use when their exchanges end. */
  public void retire() {
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
      mine = new LoopCluster(loop, loops, limits);
      perLoop.set(loop.index(), mine);
    }
    Placed present = placed;
    if (mine.placed() != present) {
      mine.update(present);
    }
    return mine;
  }
}
