package io.fairlead.control;

import com.google.protobuf.Any;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Cluster.Discovery;
import io.fairlead.traffic.Endpoints;
import io.fairlead.traffic.Resource;
import io.fairlead.traffic.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The model as gRPC libraries take it, which refuse much that Envoy takes: a field that they do not
 * know can cost them the whole resource. Stateless and pure.
 *
 * <p>A cluster that they cannot call as it wants to be called is left out, so that calls fail with
 * UNAVAILABLE: one with TLS, since they take no certificates from here, one that passes on to where
 * a connection was going, and one of several names.
 *
 * @see <a href="https://github.com/grpc/proposal/blob/master/A27-xds-global-load-balancing.md">gRFC
 *     A27</a>
 */
final class GrpcResources {
  private GrpcResources() {}

  static NodeResources of(Snapshot snapshot, Map<String, Cluster> clusters) {
    var resources = new ArrayList<Encoded>();
    for (var cluster : snapshot.clusters()) {
      if (cluster.tls().isEmpty()) {
        cluster(cluster, resources);
      }
    }
    for (var endpoints : snapshot.endpoints()) {
      resources.add(Encoded.of(endpoints, Any.pack(GrpcEncoder.endpoints(endpoints))));
    }
    for (var listener : snapshot.listeners()) {
      resources.add(Encoded.of(listener, Any.pack(GrpcEncoder.listener(listener))));
    }
    for (var table : snapshot.routeTables()) {
      resources.add(Encoded.of(table, Any.pack(GrpcRouteEncoder.table(table, clusters))));
    }
    var all = new NodeResources(List.<Resource>of(), Encoded::of);
    resources.forEach(all::add);
    return all;
  }

  /** They know endpoints from here and one name of DNS; fixed endpoints are the former. */
  private static void cluster(Cluster cluster, List<Encoded> resources) {
    switch (cluster.discovery()) {
      case Discovery.Eds(var endpoints) -> add(cluster, resources);
      case Discovery.Static(var fixed) -> {
        var endpoints = new Endpoints(cluster.name(), fixed);
        resources.add(Encoded.of(endpoints, Any.pack(GrpcEncoder.endpoints(endpoints))));
        add(cluster, resources);
      }
      case Discovery.LogicalDns(var name, var rate) -> add(cluster, resources);
      case Discovery.StrictDns(var names, var rate) -> {
        if (names.size() == 1) {
          add(cluster, resources);
        }
      }
      case Discovery.OriginalDst() -> {}
    }
  }

  private static void add(Cluster cluster, List<Encoded> resources) {
    resources.add(Encoded.of(cluster, Any.pack(GrpcEncoder.cluster(cluster))));
  }
}
