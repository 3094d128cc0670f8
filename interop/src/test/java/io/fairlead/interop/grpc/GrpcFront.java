package io.fairlead.interop.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.ApplyResult;
import io.fairlead.proxy.DataPlane;
import io.fairlead.proxy.DataPlaneSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.HttpFilter;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.Snapshot;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A data plane with one listener, servers of grpc-java that tests bring, and clusters of them. */
final class GrpcFront implements AutoCloseable {
  private static final HostPort ANY = new HostPort("127.0.0.1", 0);
  private final List<Server> servers = new ArrayList<>();
  private HostPort address = ANY;
  final DataPlane plane = new DataPlane(DataPlaneSettings.of("test", "test").withEventLoops(1));

  /** Starts a server with these services. */
  HostPort serve(BindableService... services) throws IOException {
    NettyServerBuilder builder = NettyServerBuilder.forPort(0);
    for (BindableService service : services) {
      builder.addService(service);
    }
    Server server = builder.build().start();
    servers.add(server);
    return new HostPort("127.0.0.1", server.getPort());
  }

  /** A cluster of endpoints that speak HTTP/2. */
  static Cluster cluster(String name, HostPort... addresses) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (HostPort endpoint : addresses) {
      String id = name + "-" + endpoints.size();
      endpoints.add(new Endpoint(id, endpoint, 1, Endpoint.Health.HEALTHY));
    }
    return new Cluster(
        name,
        new Cluster.Discovery.Static(endpoints),
        Optional.empty(),
        Cluster.Protocol.HTTP_2,
        Cluster.LoadBalancing.Simple.ROUND_ROBIN,
        Optional.empty(),
        ResilienceSettings.none());
  }

  /** A route of everything to a cluster. */
  static Route route(String cluster) {
    return new Route(
        "all",
        Route.Match.path(new Route.PathMatch.Prefix("/")),
        RouteAction.Forward.to(cluster),
        HeaderChanges.NONE,
        HeaderChanges.NONE,
        ResilienceSettings.none(),
        Optional.empty());
  }

  ApplyResult apply(List<HttpFilter> filters, Route route, Cluster... clusters) {
    var host = new RouteTable.VirtualHost("all", List.of("*"), List.of(route));
    var listener =
        new Listener("front", ANY, Listener.Role.OUTBOUND, Optional.empty(), filters, "routes", 0);
    return plane.apply(
        new Snapshot(
            List.of(listener),
            List.of(new RouteTable("routes", List.of(host))),
            List.of(clusters),
            List.of(),
            List.of()));
  }

  /** Puts this in force. */
  void run(List<HttpFilter> filters, Route route, Cluster... clusters) {
    ApplyResult result = apply(filters, route, clusters);
    assertThat(result).isInstanceOf(ApplyResult.Applied.class);
    address = ((ApplyResult.Applied) result).listeners().getOrDefault("front", address);
  }

  HostPort address() {
    return address;
  }

  /** Ends a server that was started. */
  void stop(HostPort server) {
    servers.stream().filter(s -> s.getPort() == server.port()).forEach(Server::shutdownNow);
  }

  @Override
  public void close() {
    plane.close();
    servers.forEach(Server::shutdownNow);
  }
}
