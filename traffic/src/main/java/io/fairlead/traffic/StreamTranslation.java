package io.fairlead.traffic;

import io.fairlead.config.Hostnames;
import io.fairlead.config.Manifest;
import io.fairlead.config.Manifest.Gateway;
import io.fairlead.config.Manifest.Gateway.GatewayListener;
import io.fairlead.config.Manifest.Gateway.Protocol;
import io.fairlead.config.Manifest.Gateway.TlsMode;
import io.fairlead.config.StreamRoute;
import io.fairlead.traffic.Intake.PlainText;
import io.fairlead.traffic.Intake.ProxyHeader;
import io.fairlead.traffic.RouteAction.WeightedCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** TCPRoute and TLSRoute documents, and what else precedes HTTP on the port of a gateway. Pure. */
final class StreamTranslation {
  /** Listeners named so serve protocols in which the server speaks first, as Istio has it. */
  private static final String SERVER_FIRST = "tcp-";

  private final List<StreamRoute> routes;
  private final ConnectionPolicies policies;

  StreamTranslation(List<Manifest> documents, ConnectionPolicies policies) {
    this.routes =
        documents.stream()
            .filter(StreamRoute.class::isInstance)
            .map(StreamRoute.class::cast)
            .sorted(Comparator.comparing(route -> route.metadata().name()))
            .toList();
    this.policies = policies;
  }

  /** What the listeners of one port do with a connection. */
  Intake intake(Gateway gateway, List<GatewayListener> sections) {
    var name = gateway.metadata().name();
    var header =
        sections.stream()
            .map(section -> policies.clientHeader(name, section.name()).orElse(ProxyHeader.NONE))
            .max(Comparator.naturalOrder())
            .orElse(ProxyHeader.NONE);
    boolean plain = sections.stream().anyMatch(s -> s.protocol() == Protocol.HTTP);
    boolean secured = sections.stream().anyMatch(s -> s.protocol() == Protocol.HTTPS);
    return new Intake(
        header,
        plain && secured ? PlainText.SERVED : PlainText.REFUSED,
        detection(name, sections),
        tcp(gateway, sections));
  }

  private Duration detection(String gateway, List<GatewayListener> sections) {
    return sections.stream()
        .map(section -> policies.detection(gateway, section.name()).or(() -> usual(section)))
        .flatMap(Optional::stream)
        .min(Comparator.naturalOrder())
        .orElse(Intake.USUAL_DETECTION);
  }

  private static Optional<Duration> usual(GatewayListener section) {
    boolean serverFirst =
        section.protocol() == Protocol.TCP && section.name().startsWith(SERVER_FIRST);
    return serverFirst ? Optional.of(Duration.ZERO) : Optional.empty();
  }

  private List<TcpRoute> tcp(Gateway gateway, List<GatewayListener> sections) {
    var translated = new ArrayList<TcpRoute>();
    // What two routes claim belongs to the first; the analysis has told of it.
    var claimed = new HashSet<String>();
    for (var section : sections) {
      for (var route : routes) {
        if (GatewayTranslation.attached(route.parents(), gateway, section)) {
          names(route, section)
              .map(names -> names.stream().filter(claimed::add).sorted().toList())
              .filter(names -> !names.isEmpty())
              .map(names -> names.stream().filter(name -> !name.isEmpty()).toList())
              .map(names -> new TcpRoute(route.metadata().name(), names, clusters(route)))
              .ifPresent(translated::add);
        }
      }
    }
    return translated;
  }

  /** The servers whose connections the route takes of a listener; an empty name is for the rest. */
  private static Optional<List<String>> names(StreamRoute route, GatewayListener section) {
    var mode = section.tls().map(Gateway.Tls::mode);
    return switch (section.protocol()) {
      case HTTP, HTTPS -> Optional.empty();
      case TCP ->
          route.form() == StreamRoute.Form.TCP ? Optional.of(List.of("")) : Optional.empty();
      case TLS -> {
        if (Objects.equals(mode, Optional.of(TlsMode.TERMINATE))) {
          yield Optional.of(List.of(""));
        }
        yield route.form() == StreamRoute.Form.TLS
            ? Optional.of(List.copyOf(Hostnames.both(section.hostname(), route.hostnames())))
            : Optional.empty();
      }
    };
  }

  private static List<WeightedCluster> clusters(StreamRoute route) {
    return route.backends().stream()
        .map(backend -> new WeightedCluster(backend.ref().name(), backend.weight()))
        .toList();
  }
}
