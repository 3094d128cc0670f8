package io.fairlead.control;

import io.fairlead.traffic.Mesh;
import io.fairlead.traffic.Node;
import io.fairlead.traffic.Resource;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.Snapshot;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

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

  private EncodedMesh(Mesh mesh, List<Secret> secrets, Map<Resource, Encoded> shared) {
    this.mesh = mesh;
    this.secrets = secrets;
    this.shared = shared;
  }

  static EncodedMesh first(Mesh mesh, List<Secret> secrets) {
    return new EncodedMesh(mesh, secrets, encode(mesh, secrets, Map.of()));
  }

  EncodedMesh next(Mesh later, List<Secret> laterSecrets) {
    return new EncodedMesh(later, laterSecrets, encode(later, laterSecrets, shared));
  }

  private static Map<Resource, Encoded> encode(
      Mesh mesh, List<Secret> secrets, Map<Resource, Encoded> known) {
    var resources = new ArrayList<Resource>(mesh.clusters().values());
    resources.addAll(mesh.endpoints().values());
    resources.add(mesh.outbound());
    resources.addAll(secrets);
    var encoded = new IdentityHashMap<Resource, Encoded>();
    for (var resource : resources) {
      var before = known.get(resource);
      encoded.put(resource, before == null ? Encoded.of(resource) : before);
    }
    return encoded;
  }

  /** Everything of this node by type and name. */
  Map<XdsType, SortedMap<String, Encoded>> resources(Node node) {
    var byType = new EnumMap<XdsType, SortedMap<String, Encoded>>(XdsType.class);
    for (var type : XdsType.values()) {
      byType.put(type, new TreeMap<>());
    }
    var snapshot = mesh.snapshot(node);
    add(byType, snapshot.clusters());
    add(byType, snapshot.endpoints());
    add(byType, snapshot.listeners());
    add(byType, snapshot.routeTables());
    add(byType, secrets);
    return byType;
  }

  private void add(
      Map<XdsType, SortedMap<String, Encoded>> byType, List<? extends Resource> resources) {
    for (var resource : resources) {
      var encoded = shared.get(resource);
      byType
          .get(XdsType.of(resource))
          .put(resource.name(), encoded == null ? Encoded.of(resource) : encoded);
    }
  }

  Snapshot snapshot(Node node) {
    return mesh.snapshot(node);
  }

  Mesh mesh() {
    return mesh;
  }
}
