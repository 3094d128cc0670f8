package io.fairlead.control;

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

  /** Wire forms of what many nodes share, but only once there is one that intercepts. */
  private final Map<Resource, Encoded> late = Collections.synchronizedMap(new IdentityHashMap<>());

  private EncodedMesh(Mesh mesh, List<Secret> secrets, Map<Resource, Encoded> shared) {
    this.mesh = mesh;
    this.secrets = secrets;
    this.shared = shared;
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
    for (var resource : resources) {
      var before = known.get(resource);
      encoded.put(resource, before == null ? Encoded.of(resource) : before);
    }
    return encoded;
  }

  /** Everything of this node that a client may have. */
  NodeResources resources(Node node, AdsStream.Admission.Keys keys) {
    var snapshot = mesh.snapshot(node);
    var resources = new ArrayList<Resource>(snapshot.clusters());
    resources.addAll(snapshot.endpoints());
    resources.addAll(snapshot.listeners());
    resources.addAll(snapshot.routeTables());
    resources.addAll(snapshot.secrets());
    resources.addAll(secrets);
    return switch (keys) {
      case GIVEN -> new NodeResources(resources, this::encoded);
      case WITHHELD -> new NodeResources(NodeResources.withoutKeys(resources), this::encoded);
    };
  }

  private Encoded encoded(Resource resource) {
    var known = shared.get(resource);
    if (known != null) {
      return known;
    }
    return resource instanceof RouteTable table && mesh.interceptedTables().contains(table)
        ? late.computeIfAbsent(resource, Encoded::of)
        : Encoded.of(resource);
  }

  Snapshot snapshot(Node node) {
    return mesh.snapshot(node);
  }

  Mesh mesh() {
    return mesh;
  }
}
