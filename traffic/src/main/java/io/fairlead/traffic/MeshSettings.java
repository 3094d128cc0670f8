package io.fairlead.traffic;

/**
 * What holds for the whole mesh. Immutable.
 *
 * @param trustDomain SPIFFE trust domain, such as {@code cluster.local}
 * @param samplePercent share of new traces that are recorded, 0 to 100
 */
public record MeshSettings(String trustDomain, double samplePercent) {
  /** Name of the secret that holds a workload's own certificate. */
  public static final String WORKLOAD_CERTIFICATE = "default";

  /** Name of the secret that holds the roots of the mesh. */
  public static final String MESH_ROOTS = "ROOTCA";

  /** Stands for the roots that the proxy's own platform trusts; no secret has this name. */
  public static final String SYSTEM_ROOTS = "system";

  /** Metadata of an instance that says its address speaks mutual TLS. */
  public static final String MTLS = "fairlead.io/mtls";

  /** Metadata of an instance that names what its application speaks; {@link #H2C} or nothing. */
  public static final String PROTOCOL = "fairlead.io/protocol";

  /** Metadata of an instance that says where it runs: region, region/zone or more. */
  public static final String LOCALITY = "fairlead.io/locality";

  /** HTTP/2 in clear text without asking for it. */
  public static final String H2C = "h2c";

  public MeshSettings {
    Resource.requireName(trustDomain);
  }

  /** {@code cluster.local}, every trace. */
  public static MeshSettings defaults() {
    return new MeshSettings("cluster.local", 100);
  }

  /** The SPIFFE identity of a service. */
  public String identity(String namespace, String service) {
    return "spiffe://" + trustDomain + "/ns/" + namespace + "/sa/" + service;
  }
}
