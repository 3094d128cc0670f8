package io.fairlead.config;

import io.fairlead.config.ConnectionPolicy.Upgrade;
import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Manifest.Metadata;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reads the spec of a ConnectionPolicy. Stateless. */
final class ConnectionReader {
  private ConnectionReader() {}

  static Manifest read(Metadata metadata, Fields spec) {
    var kinds = List.of("HTTPRoute", "Gateway", "Service");
    var parents = spec.objects("targetRefs", field -> StreamRouteReader.parent(field, kinds));
    var targets = ManifestReader.requireTargets(spec, parents);
    only(spec, "upgrades", targets, "HTTPRoute");
    only(spec, "clientProxyProtocol", targets, "Gateway");
    only(spec, "detectionTimeout", targets, "Gateway");
    only(spec, "proxyProtocol", targets, "Service");
    var detection = spec.duration("detectionTimeout");
    if (detection.isPresent() && detection.get().compareTo(Duration.ofMinutes(5)) > 0) {
      spec.fault("detectionTimeout", "must be 0s to 5m");
    }
    return new ConnectionPolicy(
        metadata,
        targets,
        upgrades(spec),
        spec.choice("clientProxyProtocol", ConnectionPolicy.ClientHeader.class),
        spec.choice("proxyProtocol", ConnectionPolicy.EndpointHeader.class),
        detection);
  }

  /** A field means something for some kinds of targets only. */
  private static void only(Fields spec, String key, List<HttpRoute.Parent> targets, String kind) {
    if (spec.has(key) && targets.stream().anyMatch(t -> !t.ref().kind().equals(kind))) {
      spec.fault(key, "is for targets of kind " + kind + " only");
    }
  }

  private static Optional<List<Upgrade>> upgrades(Fields spec) {
    if (!spec.has("upgrades")) {
      return Optional.empty();
    }
    var upgrades = new ArrayList<Upgrade>();
    for (var text : ManifestReader.distinct(spec, "upgrades")) {
      var known =
          Arrays.stream(Upgrade.values())
              .filter(upgrade -> upgrade.text().equalsIgnoreCase(text))
              .findFirst();
      known.ifPresent(upgrades::add);
      if (known.isEmpty()) {
        var all =
            Arrays.stream(Upgrade.values()).map(Upgrade::text).collect(Collectors.joining(", "));
        spec.fault("upgrades", "must hold nothing but " + all + "; holds " + text);
      }
    }
    return Optional.of(List.copyOf(upgrades));
  }
}
