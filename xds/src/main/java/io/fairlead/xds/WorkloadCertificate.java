package io.fairlead.xds;

import io.fairlead.traffic.Secret;
import java.time.Duration;
import java.time.Instant;

/**
 * A workload's certificate with its key, and the roots of its peers. Immutable; the key never
 * appears in {@code toString}.
 *
 * @param certificate as the data plane takes it
 * @param rootsPem of the mesh, PEM
 * @param notAfter when it ends
 */
public record WorkloadCertificate(
    Secret.Certificate certificate, String rootsPem, Instant notAfter) {

  /** When it should be renewed: after half of what is left, so that a long outage is survived. */
  public Duration renewIn(Instant now) {
    var left = Duration.between(now, notAfter);
    return left.isNegative() ? Duration.ZERO : left.dividedBy(2);
  }
}
