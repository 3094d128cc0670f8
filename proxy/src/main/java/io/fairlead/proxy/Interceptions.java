package io.fairlead.proxy;

import io.fairlead.proxy.downstream.Capture;
import io.fairlead.proxy.downstream.Entrance;
import io.fairlead.proxy.http2.Http2Limits;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.proxy.route.Destinations;
import io.fairlead.proxy.route.Router;
import io.fairlead.proxy.route.RouterCompiler;
import io.fairlead.proxy.route.TcpRouter;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Intake;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.OriginalDestination;
import io.fairlead.traffic.RouteAction.WeightedCluster;
import io.fairlead.traffic.TcpRoute;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How the listeners of a configuration that is being made tell their connections apart, those above
 * all that the kernel leads to them. For one thread.
 */
final class Interceptions {
  private final RouterCompiler compiler;
  private final Supplier<Destinations> known;
  private final Loops loops;
  private final BiConsumer<String, String> faults;
  private @Nullable Destinations destinations;

  /**
   * @param loops whose connections must not come back
   * @param known makes what is known of addresses; asked at most once, and only if it is needed
   * @param faults told the name of a listener and what is wrong with it
   */
  Interceptions(
      Loops loops,
      RouterCompiler compiler,
      Supplier<Destinations> known,
      BiConsumer<String, String> faults) {
    this.loops = loops;
    this.compiler = compiler;
    this.known = known;
    this.faults = faults;
  }

  /** The routes of a listener, by addresses too where connections come with theirs. */
  Router router(Listener listener, Router router) {
    return reachesEndpoints(listener) ? router.with(destinations()) : router;
  }

  /** Inbound, every address is that of the workload beside the proxy. */
  private static boolean reachesEndpoints(Listener listener) {
    return listener.intakeOrUsual().originalDestination().isPresent()
        && listener.role() == Listener.Role.OUTBOUND;
  }

  private Destinations destinations() {
    Destinations present = destinations;
    if (present == null) {
      present = known.get();
      destinations = present;
    }
    return present;
  }

  Entrance entrance(Listener listener) {
    Intake intake = listener.intakeOrUsual();
    Consumer<String> missing = message -> faults.accept(listener.name(), message);
    TcpRouter tcp = intake.tcp().isEmpty() ? null : compiler.compile(intake.tcp(), missing);
    if (tcp != null && reachesEndpoints(listener)) {
      tcp = tcp.with(destinations());
    }
    Entrance.Http http =
        listener.routeTable().isEmpty() ? Entrance.Http.NOT_SPOKEN : Entrance.Http.SPOKEN;
    Capture capture =
        intake.originalDestination().map(wanted -> capture(wanted, missing)).orElse(null);
    Http2Limits http2 = Http2Limits.of(listener.boundsOrUsual());
    return new Entrance(intake, http, tcp, capture, http2);
  }

  private Capture capture(OriginalDestination wanted, Consumer<String> missing) {
    if (wanted.others().isEmpty()) {
      return new Capture(wanted, null, loops.own());
    }
    TcpRoute others =
        new TcpRoute(wanted.others(), List.of(), List.of(new WeightedCluster(wanted.others(), 1)));
    return new Capture(wanted, compiler.compile(List.of(others), missing), loops.own());
  }

  /** The address as the ends of connections have it; empty if it is a name. */
  static Optional<HostPort> literal(HostPort address) {
    byte[] octets = NetUtil.createByteArrayFromIpAddressString(address.host());
    if (octets == null) {
      return Optional.empty();
    }
    try {
      String host = InetAddress.getByAddress(octets).getHostAddress();
      return Optional.of(new HostPort(host, address.port()));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of " + octets.length + " octets", e);
    }
  }
}
