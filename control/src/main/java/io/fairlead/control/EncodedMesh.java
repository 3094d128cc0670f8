package io.fairlead.control;

import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Mesh;
import io.fairlead.traffic.Node;
import io.fairlead.traffic.Resource;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.Snapshot;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
    var callees = callees(mesh.clusters());
    for (var resource : resources) {
      var before = known.get(resource);
      encoded.put(resource, before == null ? Encoded.of(resource, callees) : before);
    }
    return encoded;
  }

  /** A policy changes with the configuration alone, and then all routes are new, too. */
  private static Callees callees(Map<String, Cluster> clusters) {
    return name -> Optional.ofNullable(clusters.get(name));
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
    var given =
        switch (keys) {
          case GIVEN -> resources;
          case WITHHELD -> NodeResources.withoutKeys(resources);
        };
    var callees = callees(mesh.clusters());
    return new NodeResources(
        given,
        resource -> {
          var known = shared.get(resource);
          return known == null ? Encoded.of(resource, callees) : known;
        });
  }

  Snapshot snapshot(Node node) {
    return mesh.snapshot(node);
  }

  Mesh mesh() {
    return mesh;
  }
}
