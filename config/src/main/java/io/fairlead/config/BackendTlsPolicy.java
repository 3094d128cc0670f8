package io.fairlead.config;

import java.util.List;

/**
 * TLS towards the endpoints of services outside the mesh (Gateway API, GEP-1897).
 *
 * @param hostname sent to the endpoint (SNI) and required of its certificate
 * @param roots that must have signed it; none means those of the system
 */
public record BackendTlsPolicy(
    Metadata metadata, List<Ref> targets, String hostname, List<Ref> roots) implements Manifest {
  @Override
  public String kind() {
    return "BackendTLSPolicy";
  }
}
