package io.fairlead.config;

import io.fairlead.config.Manifest.Gateway;
import io.fairlead.config.Manifest.Gateway.GatewayListener;
import io.fairlead.config.Manifest.Gateway.Stapling;
import io.fairlead.config.Manifest.Gateway.Tls;
import io.fairlead.config.Manifest.Gateway.TlsMode;
import io.fairlead.config.Manifest.Ref;
import io.fairlead.config.Manifest.Secret;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Checks the listeners of a Gateway against each other and what they refer to. Pure. */
final class GatewayAnalysis {
  private final List<Fault> faults;
  private final BiConsumer<Ref, String> require;

  /**
   * @param faults to add to
   * @param require reports a document that is not there, or lacks an entry
   */
  GatewayAnalysis(List<Fault> faults, BiConsumer<Ref, String> require) {
    this.faults = faults;
    this.require = require;
  }

  void check(Gateway gateway) {
    var names = new HashMap<String, Position>();
    var claims = new HashMap<String, Position>();
    var firstOfPort = new HashMap<Integer, GatewayListener>();
    gateway.clientCertificate().ifPresent(ref -> require.accept(ref, Secret.CERTIFICATE));
    for (var listener : gateway.listeners()) {
      var host = listener.hostname().orElse("*").toLowerCase(Locale.ROOT);
      unique(names, listener.name(), listener, "name");
      unique(claims, listener.port() + " " + family(listener) + host, listener, "hostname");
      if (ends(listener)) {
        var first = firstOfPort.putIfAbsent(listener.port(), listener);
        if (first != null) {
          together(first, listener);
        }
      }
      listener.tls().ifPresent(this::references);
      if (mustStaple(gateway, listener.port())) {
        listener
            .tls()
            .map(Tls::certificates)
            .orElse(List.of())
            .forEach(ref -> require.accept(ref, Secret.STAPLE));
      }
    }
  }

  /** Of the listeners of a port the strictest counts. */
  private static boolean mustStaple(Gateway gateway, int port) {
    return gateway.listeners().stream()
        .filter(listener -> listener.port() == port)
        .flatMap(listener -> listener.tls().stream())
        .anyMatch(tls -> tls.stapling() == Stapling.MUST_STAPLE);
  }

  private void unique(
      Map<String, Position> seen, String claim, GatewayListener listener, String field) {
    var other = seen.putIfAbsent(claim, listener.at());
    if (other != null) {
      fault(listener, field, claim, "is taken by the listener at " + other);
    }
  }

  private void fault(GatewayListener listener, String field, String value, String rule) {
    faults.add(new Fault(listener.at(), "spec.listeners." + field, value, rule, Optional.empty()));
  }

  /** What tells the listeners of a port apart: only within one of these names may not repeat. */
  private static String family(GatewayListener listener) {
    return switch (listener.protocol()) {
      case HTTP -> "";
      case HTTPS, TLS -> "TLS ";
      case TCP -> "TCP ";
    };
  }

  private static boolean ends(GatewayListener listener) {
    return listener.tls().map(Tls::mode).filter(mode -> mode == TlsMode.TERMINATE).isPresent();
  }

  /** TLS that ends on one port is the same for all its names. */
  private void together(GatewayListener first, GatewayListener other) {
    if (first.protocol() != other.protocol()) {
      // What is HTTPS and what is any other protocol inside could not be told apart.
      var rule = "must be like that of the listener at " + first.at() + ", which has the port too";
      fault(other, "protocol", other.protocol().name(), rule);
    } else if (!names(first).equals(names(other))) {
      // A host's own rule could be evaded by the name of another host in the handshake.
      var rule =
          "must name the same roots as the listener at " + first.at() + ", which has the port too";
      fault(other, "tls.frontendValidation", names(other).toString(), rule);
    }
  }

  private static List<String> names(GatewayListener listener) {
    return listener.tls().map(Tls::clientRoots).orElse(List.of()).stream()
        .map(ref -> ref.kind() + " " + ref.name())
        .sorted()
        .toList();
  }

  private void references(Tls tls) {
    tls.certificates().forEach(ref -> require.accept(ref, Secret.CERTIFICATE));
    tls.clientRoots().forEach(ref -> require.accept(ref, Secret.ROOTS));
  }
}
