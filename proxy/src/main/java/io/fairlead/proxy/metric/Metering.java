package io.fairlead.proxy.metric;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.AttemptLayer;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.GrpcCode;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Counts each request of a listener once, when it ends, and what is under way. */
public final class Metering implements Layer {
  private final LoopCells active;
  private final LoopCells tunnels;
  private final Function<String, RequestCounts> newCounts;
  private final Map<String, RequestCounts> byCluster = new ConcurrentHashMap<>();
  private final RequestCounts withoutCluster;

  /**
   * @param newCounts of requests to the cluster of a name; asked when the first one ends
   */
  Metering(LoopCells active, LoopCells tunnels, Function<String, RequestCounts> newCounts) {
    this.active = active;
    this.tunnels = tunnels;
    this.newCounts = newCounts;
    withoutCluster = newCounts.apply("");
  }

  private RequestCounts counts(@Nullable Target target) {
    return target == null ? withoutCluster : counts(target.upstream().name());
  }

  /** Of the requests to a cluster. */
  RequestCounts counts(String cluster) {
    RequestCounts known = byCluster.get(cluster);
    return known == null ? byCluster.computeIfAbsent(cluster, newCounts) : known;
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    active.add(exchange.loop().index(), 0, 1);
    return Verdict.PASS;
  }

  @Override
  public void tunnelled(Exchange exchange) {
    tunnels.add(exchange.loop().index(), 0, 1);
  }

  @Override
  public void end(Exchange exchange) {
    int loop = exchange.loop().index();
    active.add(loop, 0, -1);
    if (exchange.isTunnel()) {
      tunnels.add(loop, 0, -1);
    }
    RequestCounts counts = counts(exchange.targetOrNull());
    counts.ended(
        loop,
        exchange.status(),
        exchange.reason(),
        exchange.answeredNanos() - exchange.startNanos());
    GrpcCode code = exchange.code();
    if (code != null) {
      counts.called(loop, code);
    }
  }

  /** Counts retries; stands behind the policies that may refuse them. */
  public AttemptLayer retries() {
    return new AttemptLayer() {
      @Override
      public Verdict attempt(Attempt attempt) {
        if (attempt.number() > 1) {
          counts(attempt.target()).retried(attempt.loop().index());
        }
        return Verdict.PASS;
      }
    };
  }
}
