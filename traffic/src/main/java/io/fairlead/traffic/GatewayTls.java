package io.fairlead.traffic;

import io.fairlead.config.Manifest;
import io.fairlead.config.Manifest.Gateway;
import io.fairlead.config.Manifest.Gateway.GatewayListener;
import io.fairlead.config.Manifest.Ref;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** TLS of the listeners of a Gateway document, and the secrets that it needs. Pure. */
final class GatewayTls {
  private final SecretDocuments documents;

  /** Finds secrets among these documents. */
  GatewayTls(List<Manifest> documents) {
    this.documents = new SecretDocuments(documents);
  }

  /** The certificates of all listeners of a port; empty if the port is in plain text. */
  static Optional<ServerTls> of(Gateway gateway, List<GatewayListener> sections) {
    var named = new ArrayList<ServerTls.Named>();
    for (var section : sections) {
      for (var certificate : certificates(section)) {
        var host = section.hostname().map(name -> name.toLowerCase(Locale.ROOT)).orElse("*");
        named.add(new ServerTls.Named(host, certificate));
      }
    }
    if (named.isEmpty()) {
      return Optional.empty();
    }
    var first = sections.getFirst();
    var clients =
        roots(first).isEmpty()
            ? Optional.<PeerValidation>empty()
            : Optional.of(new PeerValidation(rootsName(gateway, first.port()), List.of()));
    var any = named.stream().filter(n -> n.host().equals("*")).findFirst();
    var otherwise = any.orElse(named.getFirst()).certificate();
    // With one certificate there is nothing to choose.
    boolean one = named.stream().allMatch(n -> n.certificate().equals(otherwise));
    any.ifPresent(named::remove);
    return Optional.of(
        new ServerTls(otherwise, clients, one ? List.of() : named, stapling(sections)));
  }

  /** The strictest of the sections, which share their certificates. */
  private static Optional<ServerTls.Stapling> stapling(List<GatewayListener> sections) {
    return sections.stream()
        .flatMap(section -> section.tls().stream())
        .map(
            tls ->
                switch (tls.stapling()) {
                  case LENIENT_STAPLING -> ServerTls.Stapling.LENIENT;
                  case STRICT_STAPLING -> ServerTls.Stapling.STRICT;
                  case MUST_STAPLE -> ServerTls.Stapling.MUST_STAPLE;
                })
        .max(Comparator.naturalOrder());
  }

  private static List<String> certificates(GatewayListener section) {
    return section.tls().map(Gateway.Tls::certificates).orElse(List.of()).stream()
        .map(SecretDocuments::key)
        .toList();
  }

  private static List<Ref> roots(GatewayListener section) {
    return section.tls().map(Gateway.Tls::clientRoots).orElse(List.of());
  }

  private static String rootsName(Gateway gateway, int port) {
    return "roots|" + gateway.metadata().name() + "|" + port;
  }

  /** What the listeners of the document name; what does not exist is left out. */
  List<Secret> secrets(Gateway gateway) {
    var secrets = new LinkedHashMap<String, Secret>();
    for (var section : gateway.listeners()) {
      for (var name : certificates(section)) {
        certificate(name).ifPresent(secret -> secrets.put(name, secret));
      }
      var pem = documents.roots(roots(section));
      if (!pem.isEmpty()) {
        var name = rootsName(gateway, section.port());
        secrets.put(name, new Secret.Validation(name, pem, ""));
      }
    }
    clientCertificate(gateway)
        .ifPresent(name -> certificate(name).ifPresent(secret -> secrets.put(name, secret)));
    return List.copyOf(secrets.values());
  }

  private Optional<Secret> certificate(String name) {
    var data = documents.data(name);
    var chain = data.get(Manifest.Secret.CERTIFICATE);
    var key = data.get(Manifest.Secret.KEY);
    var staple = Optional.ofNullable(data.get(Manifest.Secret.STAPLE));
    return chain == null || key == null
        ? Optional.empty()
        : Optional.of(new Secret.Certificate(name, chain, key, staple));
  }

  /** Name of the secret that endpoints outside the mesh are shown, if they are shown one. */
  static Optional<String> clientCertificate(Gateway gateway) {
    return gateway.clientCertificate().map(SecretDocuments::key);
  }
}
