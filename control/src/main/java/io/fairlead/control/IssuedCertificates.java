package io.fairlead.control;

import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Node;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Workload certificates with keys for proxies that take theirs from secret discovery, as a real
 * Envoy does; our own data planes make their keys themselves. All proxies of one identity share a
 * certificate until half of its lifetime is over. Keys are in memory alone. Safe for all threads.
 */
final class IssuedCertificates {
  private final CertificateAuthority authority;
  private final Clock clock;
  private final Map<Owner, Issued> issued = new HashMap<>();

  private record Owner(String namespace, String service) {}

  private record Issued(Encoded secret, Instant dueAt) {}

  IssuedCertificates(CertificateAuthority authority, Clock clock) {
    this.authority = authority;
    this.clock = clock;
  }

  /** The certificate of this node, whose identity the caller has checked; a client has none. */
  synchronized Optional<Encoded> of(Node node) {
    var owner =
        switch (node) {
          case Node.Sidecar sidecar ->
              Optional.of(new Owner(sidecar.namespace(), sidecar.service()));
          case Node.Gateway gateway -> Optional.of(new Owner("default", gateway.gateway()));
          case Node.Client client -> Optional.<Owner>empty();
        };
    return owner.map(known -> issued.computeIfAbsent(known, this::issue).secret);
  }

  private Issued issue(Owner owner) {
    var secret =
        authority.workload(MeshSettings.WORKLOAD_CERTIFICATE, owner.namespace, owner.service);
    return new Issued(Encoded.of(secret), clock.instant().plus(authority.lifetime().dividedBy(2)));
  }

  /** Forgets what is due, so that who still needs it gets a new one; tells whether any was. */
  synchronized boolean forgetDue() {
    var now = clock.instant();
    return issued.values().removeIf(each -> !now.isBefore(each.dueAt));
  }
}
