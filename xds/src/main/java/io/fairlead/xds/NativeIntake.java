package io.fairlead.xds;

import io.fairlead.traffic.Intake;
import io.fairlead.traffic.OriginalDestination;
import io.fairlead.traffic.RouteAction.WeightedCluster;
import io.fairlead.traffic.TcpRoute;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a listener does before HTTP where it says so in xDS alone, as Istio's listeners for
 * intercepted connections do. Stateless.
 */
final class NativeIntake {
  private static final int DEFAULT_FILTER_CHAIN = 25;

  private NativeIntake() {}

  /**
   * The chains that are not another's copy for another port. Where chains are told apart by the
   * port to which a connection was opened, those of the first port count that is not the listener's
   * own, and of those without one the others.
   */
  static List<ProtoMessage> chains(ProtoMessage listener) {
    var all = new ArrayList<>(listener.messages(3));
    listener.optional(DEFAULT_FILTER_CHAIN).ifPresent(all::add);
    int own = Decoder.address(listener.message(2)).port();
    int port =
        all.stream()
            .map(NativeIntake::destinationPort)
            .filter(found -> found == 0 || found != own)
            .findFirst()
            .orElse(own);
    return all.stream().filter(chain -> destinationPort(chain) == port).toList();
  }

  private static boolean isTcp(ProtoMessage chain) {
    return chain.messages(3).stream()
        .anyMatch(filter -> filter.message(4).text(1).equals(TypeUrls.any(TypeUrls.TCP_PROXY)));
  }

  private static int destinationPort(ProtoMessage chain) {
    return BalancingWire.wrapped(chain.message(1), 8, 0);
  }

  /**
   * Listener: use_original_dst 4, listener_filters 9 (typed_config 3), transparent 10. TcpProxy:
   * stat_prefix 1, cluster 2. Empty where connections are not led to the listener.
   */
  static Optional<Intake> intake(ProtoMessage m) {
    boolean asked =
        m.message(4).flag(1)
            || m.messages(9).stream()
                .anyMatch(f -> f.message(3).text(1).equals(TypeUrls.any(TypeUrls.ORIGINAL_DST)));
    if (!asked) {
      return Optional.empty();
    }
    var routes = new ArrayList<TcpRoute>();
    for (var chain : chains(m)) {
      if (isTcp(chain) && !chain.message(1).has(8) && routes.isEmpty()) {
        var proxy = chain.messages(3).getLast().any(4, TypeUrls.TCP_PROXY);
        routes.add(
            new TcpRoute(proxy.text(1), List.of(), List.of(new WeightedCluster(proxy.text(2), 1))));
      }
    }
    var source =
        m.message(10).flag(1)
            ? OriginalDestination.Source.TPROXY
            : OriginalDestination.Source.REDIRECT;
    return Optional.of(
        new Intake(
            Intake.ProxyHeader.NONE,
            Intake.PlainText.REFUSED,
            Intake.USUAL_DETECTION,
            routes,
            Optional.of(new OriginalDestination(source))));
  }
}
