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

  /** Wire forms of what many nodes share, but only once there is one that intercepts. */
  private final Map<Resource, Encoded> late = Collections.synchronizedMap(new IdentityHashMap<>());

  private @Nullable NodeResources clients;

  private EncodedMesh(Mesh mesh, List<Secret> secrets, Map<Resource, Encoded> shared) {
    this.mesh = mesh;
    this.secrets = secrets;
    this.shared = shared;
    this.clusters = mesh.clusters();
    var table = mesh.outbound();
    var none = new Limits(table, List.of());
    var around = new Around(clusters, List.of(), none);
    this.outbound = new Limits(table, NativeLimits.filters(table, around));
  }

  static EncodedMesh first(Mesh mesh, List<Secret> secrets) {
    return new EncodedMesh(mesh, secrets, encode(mesh, secrets, Map.of()));
  }

  EncodedMesh next(Mesh later, List<Secret> laterSecrets) {
    return new EncodedMesh(later, laterSecrets, encode(later, laterSecrets, known()));
  }

  private Map<Resource, Encoded> known() {
    var known = new IdentityHashMap<>(shared);
    synchronized (late) {
      known.putAll(late);
    }
    return known;
  }

  private static Map<Resource, Encoded> encode(
      Mesh mesh, List<Secret> secrets, Map<Resource, Encoded> known) {
    var resources = new ArrayList<Resource>(mesh.clusters().values());
    resources.addAll(mesh.endpoints().values());
    resources.add(mesh.outbound());
    resources.addAll(mesh.interceptedTables());
    resources.addAll(secrets);
    var encoded = new IdentityHashMap<Resource, Encoded>();
    var around = new Around(mesh.clusters(), List.of(), new Limits(mesh.outbound(), List.of()));
    for (var resource : resources) {
      var before = known.get(resource);
      encoded.put(resource, before == null ? Encoded.of(resource, around) : before);
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
    var snapshot = mesh.snapshot(node);
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
    return new NodeResources(given, resource -> encoded(resource, around));
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

  private Encoded encoded(Resource resource, Around around) {
    var known = shared.get(resource);
    if (known != null) {
      return known;
    }
    return resource instanceof RouteTable table && mesh.interceptedTables().contains(table)
        ? late.computeIfAbsent(resource, wanted -> Encoded.of(wanted, around))
        : Encoded.of(resource, around);
  }

  Snapshot snapshot(Node node) {
    return mesh.snapshot(node);
  }

  Mesh mesh() {
    return mesh;
  }
}
