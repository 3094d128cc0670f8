package io.fairlead.traffic;

/** A data plane that asks for its configuration. Immutable. */
public sealed interface Node {
  /** Names the data plane to operators; unique in the mesh. */
  String id();

  /**
   * The proxy beside one instance of a service.
   *
   * @param namespace namespace of the service
   * @param inbound where calls to the service arrive
   * @param outbound where the application's own calls arrive
   * @param application where the application listens
   * @param protocol what the application speaks
   * @param interception how it gets its connections
   */
  record Sidecar(
      String id,
      String service,
      String namespace,
      HostPort inbound,
      HostPort outbound,
      HostPort application,
      Cluster.Protocol protocol,
      Interception interception)
      implements Node {
    /** A sidecar whose clients know of it. */
    public Sidecar(
        String id,
        String service,
        String namespace,
        HostPort inbound,
        HostPort outbound,
        HostPort application,
        Cluster.Protocol protocol) {
      this(id, service, namespace, inbound, outbound, application, protocol, Interception.NONE);
    }

    public Sidecar {
      Resource.requireName(id);
      Resource.requireName(service);
      Resource.requireName(namespace);
    }
  }

  /**
   * A proxy at the edge.
   *
   * @param gateway name of the Gateway document that it serves
   */
  record Gateway(String id, String gateway) implements Node {
    public Gateway {
      Resource.requireName(id);
      Resource.requireName(gateway);
    }
  }

  /**
   * A program that calls services without a proxy, such as a gRPC library.
   *
   * @param id its own, which nothing is translated for
   */
  record Client(String id) implements Node {
    public Client {
      Resource.requireName(id);
    }
  }
}
