package io.fairlead.control;

import com.google.protobuf.Struct;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Node;
import io.fairlead.xds.InterceptionWire;

/** Reads who a client is from the Node message of its first request. Stateless. */
final class Nodes {
  /** So begin the names that gRPC libraries give themselves: "gRPC Java", "gRPC Go". */
  private static final String GRPC = "gRPC ";

  private Nodes() {}

  /**
   * A client that calls itself gRPC is one. Of others it reads the metadata: {@code gateway} for a
   * gateway; {@code service}, {@code inbound}, {@code outbound} and {@code application} (host:port
   * each) and perhaps {@code namespace} for a sidecar, and what {@link InterceptionWire} has.
   *
   * @throws IllegalArgumentException naming the field that is missing or wrong
   */
  static Node of(io.envoyproxy.envoy.config.core.v3.Node message) {
    var id = message.getId();
    if (id.isEmpty() || id.length() > 253) {
      throw new IllegalArgumentException("node.id: must have 1 to 253 characters");
    }
    if (message.getUserAgentName().startsWith(GRPC)) {
      return new Node.Client(id);
    }
    var metadata = message.getMetadata();
    var gateway = text(metadata, "gateway");
    if (!gateway.isEmpty()) {
      return new Node.Gateway(id, gateway);
    }
    var namespace = text(metadata, "namespace");
    return new Node.Sidecar(
        id,
        require(metadata, "service"),
        namespace.isEmpty() ? "default" : namespace,
        address(metadata, "inbound"),
        address(metadata, "outbound"),
        address(metadata, "application"),
        protocol(metadata),
        InterceptionWire.read(field -> text(metadata, field)));
  }

  private static Cluster.Protocol protocol(Struct metadata) {
    return switch (text(metadata, "protocol")) {
      case "", "http1" -> Cluster.Protocol.HTTP_1;
      case MeshSettings.H2C -> Cluster.Protocol.HTTP_2;
      default -> throw new IllegalArgumentException("node.metadata.protocol: must be http1 or h2c");
    };
  }

  private static HostPort address(Struct metadata, String field) {
    var text = require(metadata, field);
    int colon = text.lastIndexOf(':');
    var port = text.substring(colon + 1);
    if (colon <= 0 || !port.matches("\\d{1,5}")) {
      throw new IllegalArgumentException(
          "node.metadata." + field + ": must be host:port, was '" + text + "'");
    }
    return new HostPort(text.substring(0, colon), Integer.parseInt(port));
  }

  private static String require(Struct metadata, String field) {
    var text = text(metadata, field);
    if (text.isEmpty()) {
      throw new IllegalArgumentException("node.metadata." + field + ": is required");
    }
    return text;
  }

  private static String text(Struct metadata, String field) {
    return metadata.containsFields(field) ? metadata.getFieldsOrThrow(field).getStringValue() : "";
  }
}
