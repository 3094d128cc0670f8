package io.fairlead.traffic;

import io.fairlead.config.BackendTlsPolicy;
import io.fairlead.config.Manifest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** TLS towards endpoints outside the mesh, and the roots that it needs. Immutable. */
final class BackendTls {
  private final Map<String, ClientTls> byService = new HashMap<>();
  private final List<Secret> roots = new ArrayList<>();

  BackendTls(List<Manifest> documents) {
    var secrets = new SecretDocuments(documents);
    for (var document : documents) {
      if (document instanceof BackendTlsPolicy policy) {
        add(policy, secrets);
      }
    }
  }

  private void add(BackendTlsPolicy policy, SecretDocuments secrets) {
    var name = MeshSettings.SYSTEM_ROOTS;
    if (!policy.roots().isEmpty()) {
      name = "roots|backend|" + policy.metadata().name();
      roots.add(new Secret.Validation(name, secrets.roots(policy.roots()), ""));
    }
    var tls = new ClientTls("", new PeerValidation(name, List.of()), policy.hostname());
    policy.targets().forEach(target -> byService.put(target.name(), tls));
  }

  /** How connections to the endpoints of this service are secured; empty means plain text. */
  Optional<ClientTls> of(String service) {
    return Optional.ofNullable(byService.get(service));
  }

  /** The cluster with this certificate, if it is spoken to so; else the same object. */
  Cluster showing(String certificate, Cluster cluster) {
    var tls = byService.get(cluster.name());
    return tls == null ? cluster : cluster.withTls(tls.withCertificate(certificate));
  }

  /** The roots that clusters name. */
  List<Secret> roots() {
    return List.copyOf(roots);
  }
}
