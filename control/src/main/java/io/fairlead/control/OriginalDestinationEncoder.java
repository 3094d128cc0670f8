package io.fairlead.control;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener.Builder;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
import io.envoyproxy.envoy.extensions.filters.listener.original_dst.v3.OriginalDst;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.OriginalDestination;
import java.util.ArrayList;

/**
 * How a listener parts connections by the address to which they were opened, for Envoy; our own
 * data planes read it in the metadata. Stateless.
 */
final class OriginalDestinationEncoder {
  /** Istio's name of the cluster without endpoints. */
  private static final String BLACK_HOLE = "BlackHoleCluster";

  private OriginalDestinationEncoder() {}

  /** Tells the chains, which are all there, by ports, and has the address found out. */
  static void add(Listener listener, Builder message) {
    var wanted = listener.intakeOrUsual().originalDestination();
    if (wanted.isEmpty()) {
      return;
    }
    var destination = wanted.get();
    message.addListenerFilters(
        0,
        ListenerFilter.newBuilder()
            .setName("envoy.filters.listener.original_dst")
            .setTypedConfig(Any.pack(OriginalDst.getDefaultInstance())));
    if (destination.source() == OriginalDestination.Source.TPROXY) {
      message.setTransparent(BoolValue.of(true));
    }
    int own = listener.address().port();
    if (!destination.ports().isEmpty()) {
      only(destination, own, message);
    } else if (own > 0) {
      // What was opened to the listener itself would come back for ever.
      message.addFilterChains(0, at(tcp(BLACK_HOLE), own));
    }
  }

  private static void only(OriginalDestination destination, int own, Builder message) {
    var chains = message.getFilterChainsList();
    message.clearFilterChains();
    var ports = new ArrayList<>(destination.ports());
    if (own > 0 && !ports.contains(own)) {
      ports.add(own);
    }
    for (int port : ports) {
      chains.forEach(chain -> message.addFilterChains(at(chain.toBuilder(), port)));
    }
    message.addFilterChains(tcp(destination.others()));
  }

  private static FilterChain.Builder at(FilterChain.Builder chain, int port) {
    return chain.setFilterChainMatch(
        chain.getFilterChainMatch().toBuilder().setDestinationPort(UInt32Value.of(port)));
  }

  private static FilterChain.Builder tcp(String cluster) {
    return FilterChain.newBuilder()
        .addFilters(
            Filter.newBuilder()
                .setName("envoy.filters.network.tcp_proxy")
                .setTypedConfig(
                    Any.pack(
                        TcpProxy.newBuilder().setStatPrefix(cluster).setCluster(cluster).build())));
  }
}
