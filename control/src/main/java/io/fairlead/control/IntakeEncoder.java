package io.fairlead.control;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener.Builder;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
import io.envoyproxy.envoy.extensions.filters.listener.http_inspector.v3.HttpInspector;
import io.envoyproxy.envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol;
import io.envoyproxy.envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.fairlead.traffic.Intake;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.TcpRoute;
import io.fairlead.xds.IntakeWire;

/**
 * What a listener does before HTTP, to xDS. It travels whole as typed metadata, which our data
 * planes read; beside it stand listener filters and chains for TCP, which Envoy reads. Stateless.
 */
final class IntakeEncoder {
  /** As many endpoints are tried as our own data planes try. */
  private static final int MOST_ATTEMPTS = 3;

  private IntakeEncoder() {}

  static void add(Listener listener, Builder message) {
    var intake = listener.intakeOrUsual();
    filters(listener, message);
    for (var route : intake.tcp()) {
      if (!route.serverNames().isEmpty()) {
        message.addFilterChains(
            chain(listener, route)
                .setFilterChainMatch(
                    FilterChainMatch.newBuilder()
                        .addAllServerNames(route.serverNames())
                        .setTransportProtocol("tls")));
      } else if (listener.routeTable().isEmpty()) {
        var chain = ListenerEncoder.terminate(listener, () -> chain(listener, route), message);
        message.addFilterChains(chain);
      } else {
        message.addFilterChains(chain(listener, route));
      }
    }
    if (listener.intake().isPresent()
        || !listener.accessLogs().isEmpty()
        || listener.bounds().isPresent()) {
      message.setMetadata(
          ClusterEncoder.metadata(
              Any.newBuilder()
                  .setTypeUrl(IntakeWire.LISTENER_POLICY)
                  .setValue(IntakeWire.listener(listener))
                  .build()));
    }
    if (listener.intake().isPresent()) {
      message
          .setListenerFiltersTimeout(Durations.fromNanos(intake.detection().toNanos()))
          .setContinueOnListenerFiltersTimeout(true);
    }
  }

  /** Whether TCP takes what is no HTTP. */
  static boolean takesRest(Listener listener) {
    return listener.intakeOrUsual().tcp().stream().anyMatch(route -> route.serverNames().isEmpty());
  }

  private static void filters(Listener listener, Builder message) {
    var intake = listener.intakeOrUsual();
    if (intake.proxyProtocol() != Intake.ProxyHeader.NONE) {
      boolean optional = intake.proxyProtocol() == Intake.ProxyHeader.OPTIONAL;
      message.addListenerFilters(
          filter(
              "proxy_protocol",
              ProxyProtocol.newBuilder().setAllowRequestsWithoutProxyProtocol(optional).build()));
    }
    boolean named = listener.tls().isPresent() && !listener.tls().get().named().isEmpty();
    boolean byName = intake.tcp().stream().anyMatch(route -> !route.serverNames().isEmpty());
    if (named || byName || intake.plainText() == Intake.PlainText.SERVED) {
      message.addListenerFilters(filter("tls_inspector", TlsInspector.getDefaultInstance()));
    }
    if (takesRest(listener) && !listener.routeTable().isEmpty()) {
      message.addListenerFilters(filter("http_inspector", HttpInspector.getDefaultInstance()));
    }
  }

  private static ListenerFilter filter(String name, Message config) {
    return ListenerFilter.newBuilder()
        .setName("envoy.filters.listener." + name)
        .setTypedConfig(Any.pack(config))
        .build();
  }

  private static FilterChain.Builder chain(Listener listener, TcpRoute route) {
    var proxy =
        TcpProxy.newBuilder()
            .setStatPrefix(route.name())
            .addAllAccessLog(AccessLogEncoder.logs(listener));
    if (route.clusters().size() == 1) {
      proxy.setCluster(route.clusters().getFirst().cluster());
    } else {
      var weighted = TcpProxy.WeightedCluster.newBuilder();
      route.clusters().stream()
          .filter(cluster -> cluster.weight() > 0)
          .forEach(
              cluster ->
                  weighted.addClusters(
                      TcpProxy.WeightedCluster.ClusterWeight.newBuilder()
                          .setName(cluster.cluster())
                          .setWeight(cluster.weight())));
      proxy.setWeightedClusters(weighted);
    }
    proxy.setMaxConnectAttempts(UInt32Value.of(MOST_ATTEMPTS));
    return FilterChain.newBuilder()
        .addFilters(
            Filter.newBuilder()
                .setName("envoy.filters.network.tcp_proxy")
                .setTypedConfig(Any.pack(proxy.build())));
  }
}
