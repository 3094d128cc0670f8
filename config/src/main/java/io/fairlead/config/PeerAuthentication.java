package io.fairlead.config;

import io.fairlead.config.Manifest.Metadata;
import io.fairlead.config.Manifest.Ref;
import java.util.List;

/**
 * How peers of a service's sidecar must secure their calls (Istio security/v1).
 *
 * @param targets services; none means all services
 */
public record PeerAuthentication(Metadata metadata, List<Ref> targets, Mode mode)
    implements Manifest {
  /** Whether mutual TLS is required. */
  public enum Mode {
    STRICT,
    /** Plain text is served too, without an identity. */
    PERMISSIVE
  }
}
