package io.fairlead.config;

import io.fairlead.config.Manifest.Metadata;
import io.fairlead.config.Manifest.Ref;
import java.util.List;
import java.util.Locale;

/** Reads the spec of a BackendTLSPolicy. Stateless. */
final class BackendTlsReader {
  private static final String REFS = "caCertificateRefs";
  private static final String WELL_KNOWN = "wellKnownCACertificates";

  private BackendTlsReader() {}

  static Manifest read(Metadata metadata, Fields spec) {
    var targets = ManifestReader.targets(spec, List.of("Service"));
    return spec.requireObject("validation", fields -> validation(metadata, targets, fields))
        .orElseGet(() -> new BackendTlsPolicy(metadata, targets, "?", List.of()));
  }

  private static BackendTlsPolicy validation(
      Metadata metadata, List<Ref> targets, Fields validation) {
    var hostname = validation.requireText("hostname").toLowerCase(Locale.ROOT);
    if (!hostname.equals("?")
        && !hostname.matches(
            "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")) {
      validation.fault("hostname", "must be a host name, without a star or a port");
    }
    var roots = GatewayReader.refs(validation, REFS, List.of("ConfigMap", "Secret"));
    if (validation.has(REFS) == validation.has(WELL_KNOWN)) {
      validation.fault(REFS, "or " + WELL_KNOWN + " must stand there, and only one of them");
    }
    validation.choice(WELL_KNOWN, List.of("System"));
    return new BackendTlsPolicy(metadata, targets, hostname, roots);
  }
}
