package io.fairlead.proxy.metric;

import io.fairlead.proxy.exchange.ConnectionLayer;
import io.fairlead.proxy.exchange.Downstream;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.exchange.ResponseFlags;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.GrpcType;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.metric.IstioLabels.Reporter;
import io.fairlead.proxy.metric.IstioMetrics.Protocol;
import io.fairlead.proxy.metric.IstioMetrics.Scope;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Counts the requests and connections of one listener by Istio's labels, when they end. */
public final class IstioMetering implements Layer, ConnectionLayer {
  private final IstioMetrics metrics;
  private final Map<String, IstioLabels> labels;
  private final Map<String, Scope> byCluster = new ConcurrentHashMap<>();
  private final Scope withoutCluster;

  /**
   * @param labels of each cluster whose calls have others than those without a cluster
   * @param withoutCluster labels of what goes to none
   */
  public IstioMetering(
      IstioMetrics metrics, Map<String, IstioLabels> labels, IstioLabels withoutCluster) {
    this.metrics = metrics;
    this.labels = Map.copyOf(labels);
    this.withoutCluster = metrics.scope(withoutCluster);
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    // gRPC has no other transport, so that most requests need no search.
    if (exchange.protocol() == Downstream.Protocol.HTTP_2 && GrpcType.isGrpcOrWeb(head)) {
      exchange.note(this, Protocol.GRPC);
    }
    return Verdict.PASS;
  }

  @Override
  public void end(Exchange exchange) {
    Protocol protocol = exchange.note(this) == Protocol.GRPC ? Protocol.GRPC : Protocol.HTTP;
    int loop = exchange.loop().index();
    Scope scope = scope(exchange.targetOrNull());
    scope
        .series(
            loop,
            protocol,
            caller(scope, exchange.peer()),
            exchange.status(),
            ResponseFlags.of(exchange))
        .request(
            loop,
            Math.max(0, exchange.answeredNanos() - exchange.startNanos()),
            exchange.received(),
            exchange.sent());
  }

  @Override
  public void opened(Exchange exchange) {
    Scope scope = scope(exchange.targetOrNull());
    int loop = exchange.loop().index();
    scope.series(loop, Protocol.TCP, caller(scope, exchange.peer()), 0, 0).opened(loop);
  }

  @Override
  public void closed(Exchange exchange) {
    Scope scope = scope(exchange.targetOrNull());
    int loop = exchange.loop().index();
    int flags = ResponseFlags.of(exchange);
    scope
        .series(loop, Protocol.TCP, caller(scope, exchange.peer()), 0, flags)
        .closed(loop, exchange.received(), exchange.sent());
  }

  private Scope scope(@Nullable Target target) {
    if (target == null) {
      return withoutCluster;
    }
    Scope known = byCluster.get(target.upstream().name());
    return known == null
        ? byCluster.computeIfAbsent(target.upstream().name(), this::newScope)
        : known;
  }

  /** With the first call to a cluster: of those that a proxy knows it may use few. */
  private Scope newScope(String cluster) {
    IstioLabels known = labels.get(cluster);
    return known == null ? withoutCluster : metrics.scope(known);
  }

  private int caller(Scope scope, Peer peer) {
    if (scope.labels().reporter() == Reporter.SOURCE) {
      return IstioMetrics.SELF;
    }
    return peer.identity().isPresent()
        ? metrics.number(peer.identity().get())
        : IstioMetrics.NOBODY;
  }
}
