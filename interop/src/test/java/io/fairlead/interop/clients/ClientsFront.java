package io.fairlead.interop.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.ApplyResult;
import io.fairlead.proxy.DataPlane;
import io.fairlead.proxy.DataPlaneSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.ClientTls;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.HttpFilter;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.PeerValidation;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.ServerTls;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A data plane with one listener that sends everything to one cluster. */
final class ClientsFront implements AutoCloseable {
  private static final HostPort ANY = new HostPort("127.0.0.1", 0);

  private final @Nullable Localhost tls;
  private final boolean endsTls;
  private final DataPlane plane =
      new DataPlane(DataPlaneSettings.of("test", "test").withEventLoops(2));
  private HostPort address = ANY;

  /** In clear text on both sides, or with TLS on both. */
  ClientsFront(@Nullable Localhost tls) {
    this(tls, false);
  }

  private ClientsFront(@Nullable Localhost tls, boolean endsTls) {
    this.tls = tls;
    this.endsTls = endsTls;
  }

  /** With TLS in front and clear text behind. */
  static ClientsFront ending(Localhost tls) {
    return new ClientsFront(tls, true);
  }

  HostPort address() {
    return address;
  }

  DataPlane plane() {
    return plane;
  }

  /** Sends everything to these ports of this machine. */
  void sendTo(Cluster.Protocol protocol, int... ports) throws IOException {
    apply(List.of(), List.of(), cluster(protocol, ports));
  }

  /** A cluster {@code backend}. */
  Cluster cluster(Cluster.Protocol protocol, int... ports) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (int port : ports) {
      String id = "backend-" + endpoints.size();
      endpoints.add(new Endpoint(id, new HostPort("127.0.0.1", port), 1, Endpoint.Health.HEALTHY));
    }
    var secured = new ClientTls("", new PeerValidation("roots", List.of()), "localhost");
    return new Cluster(
        "backend",
        new Cluster.Discovery.Static(endpoints),
        tls == null || endsTls ? Optional.empty() : Optional.of(secured),
        protocol,
        Cluster.LoadBalancing.Simple.ROUND_ROBIN,
        Optional.empty(),
        ResilienceSettings.none());
  }

  /** Puts this in force; these routes stand before the one to the cluster. */
  void apply(List<HttpFilter> filters, List<Route> before, Cluster cluster) throws IOException {
    List<Route> routes = new ArrayList<>(before);
    routes.add(route("all", "/", RouteAction.Forward.to("backend")));
    var host = new RouteTable.VirtualHost("all", List.of("*"), routes);
    var secured = new ServerTls("own", Optional.empty());
    var listener =
        new Listener(
            "front",
            ANY,
            Listener.Role.GATEWAY,
            tls == null ? Optional.empty() : Optional.of(secured),
            filters,
            "routes",
            0);
    ApplyResult result =
        plane.apply(
            new Snapshot(
                List.of(listener),
                List.of(new RouteTable("routes", List.of(host))),
                List.of(cluster),
                List.of(),
                tls == null ? List.of() : tls.secrets()));
    assertThat(result).isInstanceOf(ApplyResult.Applied.class);
    address = ((ApplyResult.Applied) result).listeners().getOrDefault("front", address);
  }

  /** A route by the beginning of the path. */
  static Route route(String name, String prefix, RouteAction action) {
    return new Route(
        name,
        Route.Match.path(new Route.PathMatch.Prefix(prefix)),
        action,
        HeaderChanges.NONE,
        HeaderChanges.NONE,
        ResilienceSettings.none(),
        Optional.empty());
  }

  @Override
  public void close() {
    plane.close();
  }
}
