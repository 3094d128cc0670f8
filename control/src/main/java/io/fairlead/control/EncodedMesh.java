package io.fairlead.control;

import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Mesh;
import io.fairlead.traffic.Node;
import io.fairlead.traffic.Resource;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.Snapshot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One version of the mesh with the wire form of what all nodes share. Immutable.
 *
 * <p>What did not change since the version before keeps its object, and with it its wire form: a
 * change of one service encodes that service alone.
 */
final class EncodedMesh {
  private final Mesh mesh;
  private final List<Secret> secrets;
  private final Map<Resource, Encoded> shared;
  private final Map<String, Cluster> clusters;
  private final Limits outbound;

  private final RouteOctets routes;

  /**
   * Wire forms of what several nodes share, but only once there is one that wants it: what is made
   * for sidecars that intercept, roots of endpoints outside the mesh, and all of a gateway.
   */
  private final Map<Resource, Encoded> late = Collections.synchronizedMap(new IdentityHashMap<>());

  /** By the name of the gateway; all that serve it have the same. */
  private final Map<String, Snapshot> gateways = new ConcurrentHashMap<>();

  private @Nullable NodeResources clients;

  private EncodedMesh(Mesh mesh, List<Secret> secrets, @Nullable Known known) {
    this.mesh = mesh;
    this.secrets = secrets;
    this.routes = known == null ? RouteOctets.none() : known.routes.next();
    this.shared = encode(mesh, secrets, known == null ? Map.of() : known.resources, routes);
    this.clusters = mesh.clusters();
    var table = mesh.outbound();
    var none = new Limits(table, List.of());
    var around = new Around(clusters, List.of(), none);
    this.outbound = new Limits(table, NativeLimits.filters(table, around));
  }

  static EncodedMesh first(Mesh mesh, List<Secret> secrets) {
    return new EncodedMesh(mesh, secrets, null);
  }

  EncodedMesh next(Mesh later, List<Secret> laterSecrets) {
    return new EncodedMesh(later, laterSecrets, known());
  }

  /** What a later version takes over as far as it has not changed. */
  private record Known(Map<Resource, Encoded> resources, RouteOctets routes) {}

  private Known known() {
    var known = new IdentityHashMap<>(shared);
    synchronized (late) {
      known.putAll(late);
    }
    return new Known(known, routes);
  }

  private static Map<Resource, Encoded> encode(
      Mesh mesh, List<Secret> secrets, Map<Resource, Encoded> known, RouteOctets routes) {
    var resources = new ArrayList<Resource>(mesh.clusters().values());
    resources.addAll(mesh.endpoints().values());
    resources.add(mesh.outbound());
    resources.addAll(mesh.interceptedTables());
    resources.addAll(secrets);
    var encoded = new IdentityHashMap<Resource, Encoded>();
    var around = new Around(mesh.clusters(), List.of(), new Limits(mesh.outbound(), List.of()));
    for (var resource : resources) {
      var before = known.get(resource);
      encoded.put(resource, before == null ? Encoded.of(resource, around, routes) : before);
    }
    return encoded;
  }

  /**
   * What is around the resources of a node. A policy changes with the configuration alone, and then
   * all routes are new, too.
   */
  private record Around(Map<String, Cluster> clusters, List<RouteTable> tables, Limits outbound)
      implements Surroundings {
    @Override
    public boolean hasLimitedClusters() {
      return clusters.values().stream()
          .anyMatch(cluster -> cluster.resilience().adaptiveLimit().isPresent());
    }

    @Override
    public Optional<Cluster> cluster(String name) {
      return Optional.ofNullable(clusters.get(name));
    }

    @Override
    public List<HttpFilter> limits(String name) {
      for (var table : tables) {
        if (table.name().equals(name)) {
          return table == outbound.table ? outbound.filters : NativeLimits.filters(table, this);
        }
      }
      return List.of();
    }
  }

  /** Of the table that all sidecars share, which is large. */
  private record Limits(RouteTable table, List<HttpFilter> filters) {}

  /** Everything of this node that a client may have. */
  NodeResources resources(Node node, AdsStream.Admission.Keys keys) {
    if (node instanceof Node.Client client) {
      return clients(client);
    }
    var snapshot = snapshot(node);
    var resources = new ArrayList<Resource>(snapshot.clusters());
    resources.addAll(snapshot.endpoints());
    resources.addAll(snapshot.listeners());
    resources.addAll(snapshot.routeTables());
    resources.addAll(snapshot.secrets());
    resources.addAll(secrets);
    var given =
        switch (keys) {
          case GIVEN -> resources;
          case WITHHELD -> NodeResources.withoutKeys(resources);
        };
    var around = new Around(clusters, snapshot.routeTables(), outbound);
    return new NodeResources(given, resource -> encoded(resource, node, around));
  }

  /** The same for all of them, and made once the first one asks. */
  private synchronized NodeResources clients(Node.Client any) {
    var made = clients;
    if (made == null) {
      made = GrpcResources.of(mesh.snapshot(any), clusters);
      clients = made;
    }
    return made;
  }

  private Encoded encoded(Resource resource, Node node, Around around) {
    var known = shared.get(resource);
    if (known != null) {
      return known;
    }
    boolean isShared =
        switch (node) {
          case Node.Gateway gateway -> true;
          case Node.Sidecar sidecar ->
              resource instanceof Secret
                  || resource instanceof RouteTable table
                      && mesh.interceptedTables().contains(table);
          case Node.Client client -> false;
        };
    return isShared
        ? late.computeIfAbsent(resource, wanted -> Encoded.of(wanted, around, routes))
        : Encoded.of(resource, around, routes);
  }

  Snapshot snapshot(Node node) {
    return switch (node) {
      case Node.Gateway gateway -> gateway(gateway);
      case Node.Sidecar sidecar -> mesh.snapshot(sidecar);
      case Node.Client client -> mesh.snapshot(client);
    };
  }

  private Snapshot gateway(Node.Gateway node) {
    var known = gateways.get(node.gateway());
    if (known != null) {
      return known;
    }
    var made = mesh.snapshot(node);
    // Names that no document has are as many as clients make up.
    var other = made.listeners().isEmpty() ? null : gateways.putIfAbsent(node.gateway(), made);
    return other == null ? made : other;
  }

  Mesh mesh() {
    return mesh;
  }
}
