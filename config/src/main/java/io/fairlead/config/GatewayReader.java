package io.fairlead.config;

import io.fairlead.config.Manifest.Gateway;
import io.fairlead.config.Manifest.Gateway.Protocol;
import io.fairlead.config.Manifest.Gateway.Stapling;
import io.fairlead.config.Manifest.Gateway.Tls;
import io.fairlead.config.Manifest.Gateway.TlsMode;
import io.fairlead.config.Manifest.Metadata;
import io.fairlead.config.Manifest.Ref;
import java.util.List;
import java.util.Optional;

/** Reads the spec of a Gateway (Gateway API v1). Stateless. */
final class GatewayReader {
  /** The one option of TLS that there is. */
  private static final String STAPLING = "fairlead.io/ocsp-staple-policy";

  /** Where the certificate for endpoints stood while it was an experiment. */
  private static final String OLD_BACKEND = "backendTLS";

  private GatewayReader() {}

  static Manifest read(Metadata metadata, Fields spec) {
    spec.ignore("gatewayClassName");
    var addresses =
        spec.objects(
            "addresses",
            field -> {
              field.choice("type", List.of("IPAddress"));
              return field.requireText("value");
            });
    var address = addresses.isEmpty() ? "127.0.0.1" : addresses.getFirst();
    var listeners = spec.objects("listeners", field -> listener(field, address));
    if (listeners.isEmpty() && !spec.has("listeners")) {
      spec.require("listeners");
    }
    if (spec.has(OLD_BACKEND)) {
      spec.fault(OLD_BACKEND, "has become tls.backend in the Gateway API 1.4");
      spec.ignore(OLD_BACKEND);
    }
    var clientCertificate =
        spec.object("tls", tls -> tls.object("backend", GatewayReader::clientCertificate))
            .flatMap(backend -> backend)
            .flatMap(ref -> ref);
    return new Gateway(metadata, listeners, clientCertificate);
  }

  /** What endpoints are shown (GEP-3155). */
  private static Optional<Ref> clientCertificate(Fields backend) {
    var kinds = List.of("Secret");
    return backend.object(
        "clientCertificateRef", ref -> ManifestReader.ref(ref, kinds, kinds.getFirst()));
  }

  private static Gateway.GatewayListener listener(Fields field, String address) {
    var protocol = field.choice("protocol", Protocol.class).orElse(Protocol.HTTP);
    field.ignore("allowedRoutes");
    var port = field.integer("port", 1, 65_535);
    if (!field.has("port")) {
      field.require("port");
    }
    return new Gateway.GatewayListener(
        field.requireText("name"),
        address,
        port.orElse(1),
        protocol,
        field.text("hostname"),
        tls(field, protocol),
        field.position());
  }

  private static Optional<Tls> tls(Fields field, Protocol protocol) {
    switch (protocol) {
      case HTTP, TCP -> {
        if (field.has("tls")) {
          field.fault("tls", "must be absent where the protocol is " + protocol);
        }
        field.ignore("tls");
        return Optional.empty();
      }
      case HTTPS -> {
        return field.requireObject("tls", tls -> tls(tls, List.of("Terminate")));
      }
      case TLS -> {
        return field.requireObject("tls", tls -> tls(tls, List.of("Terminate", "Passthrough")));
      }
    }
    throw new IllegalStateException("protocol: " + protocol);
  }

  private static Tls tls(Fields tls, List<String> modes) {
    if (tls.choice("mode", modes).orElse("Terminate").equals("Passthrough")) {
      for (var key : List.of("certificateRefs", "frontendValidation", "options")) {
        if (tls.has(key)) {
          tls.fault(key, "must be absent where TLS does not end");
        }
        tls.ignore(key);
      }
      return new Tls(TlsMode.PASSTHROUGH, List.of(), List.of(), Stapling.LENIENT_STAPLING);
    }
    var certificates = refs(tls, "certificateRefs", List.of("Secret"));
    if (certificates.isEmpty() && !tls.has("certificateRefs")) {
      tls.require("certificateRefs");
    }
    var roots =
        tls.object(
            "frontendValidation",
            validation -> {
              var refs = refs(validation, "caCertificateRefs", List.of("ConfigMap", "Secret"));
              if (refs.isEmpty() && !validation.has("caCertificateRefs")) {
                validation.require("caCertificateRefs");
              }
              return refs;
            });
    var stapling = tls.object("options", options -> options.choice(STAPLING, Stapling.class));
    return new Tls(
        TlsMode.TERMINATE,
        certificates,
        roots.orElse(List.of()),
        stapling.flatMap(policy -> policy).orElse(Stapling.LENIENT_STAPLING));
  }

  static List<Ref> refs(Fields field, String key, List<String> kinds) {
    return field.objects(key, ref -> ManifestReader.ref(ref, kinds, kinds.getFirst()));
  }
}
