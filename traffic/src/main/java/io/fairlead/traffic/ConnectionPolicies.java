package io.fairlead.traffic;

import io.fairlead.config.ConnectionPolicy;
import io.fairlead.config.Manifest;
import io.fairlead.config.PeerAuthentication;
import io.fairlead.traffic.Cluster.ProxyVersion;
import io.fairlead.traffic.Intake.ProxyHeader;
import io.fairlead.traffic.RouteAction.Upgrade;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** What documents say of connections, by target. Immutable once all are added. */
final class ConnectionPolicies {
  /** Key of what holds for every service, or every listener of a gateway. */
  private static final String ALL = "";

  private final Map<String, Set<Upgrade>> upgradesOfRoute = new HashMap<>();
  private final Map<String, ProxyVersion> headerOfService = new HashMap<>();
  private final Map<String, ProxyHeader> headerOfListener = new HashMap<>();
  private final Map<String, Duration> detectionOfListener = new HashMap<>();
  private final Map<String, HttpBounds> boundsOfListener = new HashMap<>();
  private final Map<String, HttpBounds> boundsOfService = new HashMap<>();
  private final Map<String, PeerAuthentication.Mode> modeOfService = new HashMap<>();

  void add(ConnectionPolicy policy) {
    for (var target : policy.targets()) {
      var name = target.ref().name();
      var listener = listener(name, target.section().orElse(ALL));
      policy.upgrades().ifPresent(listed -> upgradesOfRoute.put(name, upgrades(listed)));
      policy
          .endpointHeader()
          .ifPresent(
              version ->
                  headerOfService.put(
                      name,
                      switch (version) {
                        case V1 -> ProxyVersion.V1;
                        case V2 -> ProxyVersion.V2;
                      }));
      policy
          .clientHeader()
          .ifPresent(
              header ->
                  headerOfListener.put(
                      listener,
                      switch (header) {
                        case OPTIONAL -> ProxyHeader.OPTIONAL;
                        case REQUIRED -> ProxyHeader.REQUIRED;
                      }));
      policy.detectionTimeout().ifPresent(time -> detectionOfListener.put(listener, time));
      if (!policy.http().equals(ConnectionPolicy.Http.USUAL)) {
        if (target.ref().kind().equals("Gateway")) {
          boundsOfListener.put(listener, bounds(policy.http()));
        } else {
          boundsOfService.put(name, bounds(policy.http()));
        }
      }
    }
  }

  void add(PeerAuthentication policy) {
    if (policy.targets().isEmpty()) {
      modeOfService.put(ALL, policy.mode());
    }
    policy.targets().forEach(target -> modeOfService.put(target.name(), policy.mode()));
  }

  private static Set<Upgrade> upgrades(List<ConnectionPolicy.Upgrade> listed) {
    var upgrades = EnumSet.noneOf(Upgrade.class);
    for (var upgrade : listed) {
      upgrades.add(
          switch (upgrade) {
            case WEBSOCKET -> Upgrade.WEBSOCKET;
            case CONNECT -> Upgrade.CONNECT;
          });
    }
    return upgrades;
  }

  private static HttpBounds bounds(ConnectionPolicy.Http http) {
    var usual = HttpBounds.USUAL;
    return new HttpBounds(
        http.maxStreams().orElse(usual.maxStreams()),
        http.streamWindow().orElse(usual.streamWindowBytes()),
        http.connectionWindow().orElse(usual.connectionWindowBytes()),
        http.maxResets().orElse(usual.maxResets()),
        http.maxIdleFrames().orElse(usual.maxIdleFrames()),
        http.maxHeadKib().orElse(usual.maxHeadKib()));
  }

  private static String listener(String gateway, String section) {
    return gateway + "/" + section;
  }

  /** How endpoints of a service are told of the client. */
  Optional<ProxyVersion> endpointHeader(String service) {
    return Optional.ofNullable(headerOfService.get(service));
  }

  /** Whether connections to a listener begin with a header. */
  Optional<ProxyHeader> clientHeader(String gateway, String section) {
    var own = headerOfListener.get(listener(gateway, section));
    return Optional.ofNullable(own == null ? headerOfListener.get(listener(gateway, ALL)) : own);
  }

  /** How long clients of a listener may be silent. */
  Optional<Duration> detection(String gateway, String section) {
    var own = detectionOfListener.get(listener(gateway, section));
    return Optional.ofNullable(own == null ? detectionOfListener.get(listener(gateway, ALL)) : own);
  }

  /** What clients of one port may ask of HTTP; the first listener of which something is said. */
  HttpBounds bounds(String gateway, List<Manifest.Gateway.GatewayListener> sections) {
    return sections.stream()
        .map(section -> boundsOfListener.get(listener(gateway, section.name())))
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(boundsOfListener.getOrDefault(listener(gateway, ALL), HttpBounds.USUAL));
  }

  /** What callers of a service may ask of HTTP. */
  HttpBounds bounds(String service) {
    return boundsOfService.getOrDefault(service, HttpBounds.USUAL);
  }

  /** Whether the sidecar of a service serves plain text too. */
  boolean isPermissive(String service) {
    var mode = modeOfService.getOrDefault(service, modeOfService.get(ALL));
    return mode == PeerAuthentication.Mode.PERMISSIVE;
  }

  /** What requests of the routes of a document may make of their connections. */
  Optional<Set<Upgrade>> upgrades(String route) {
    return Optional.ofNullable(upgradesOfRoute.get(route));
  }
}
