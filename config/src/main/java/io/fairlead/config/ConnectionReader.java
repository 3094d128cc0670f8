package io.fairlead.config;

import io.fairlead.config.ConnectionPolicy.Http;
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
  /** What windows are where nothing is said of them, in octets. */
  private static final int USUAL_STREAM_WINDOW = 256 << 10;

  private static final int USUAL_CONNECTION_WINDOW = 4 << 20;

  private ConnectionReader() {}

  static Manifest read(Metadata metadata, Fields spec) {
    var kinds = List.of("HTTPRoute", "Gateway", "Service");
    var parents = spec.objects("targetRefs", field -> StreamRouteReader.parent(field, kinds));
    var targets = ManifestReader.requireTargets(spec, parents);
    only(spec, "upgrades", targets, "HTTPRoute");
    only(spec, "clientProxyProtocol", targets, "Gateway");
    only(spec, "detectionTimeout", targets, "Gateway");
    only(spec, "proxyProtocol", targets, "Service");
    notRoutes(spec, "http2", targets);
    notRoutes(spec, "maxRequestHeaders", targets);
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
        detection,
        http(spec));
  }

  /** What holds for connections has no meaning for routes, which requests find later. */
  private static void notRoutes(Fields spec, String key, List<HttpRoute.Parent> targets) {
    if (spec.has(key) && targets.stream().anyMatch(t -> t.ref().kind().equals("HTTPRoute"))) {
      spec.fault(key, "is for targets of kind Gateway and Service only");
    }
  }

  private static Http http(Fields spec) {
    var head = spec.size("maxRequestHeaders");
    if (head.isPresent() && (head.get() < 1 << 10 || head.get() > 32 << 10)) {
      spec.fault("maxRequestHeaders", "must be 1KiB to 32KiB");
    }
    var headKib = head.map(octets -> (int) (octets >> 10));
    return spec.object("http2", http2 -> http2(http2, headKib))
        .orElse(
            new Http(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                headKib));
  }

  private static Http http2(Fields http2, Optional<Integer> headKib) {
    var stream = window(http2, "streamWindow", 16 << 20);
    var connection = window(http2, "connectionWindow", 256 << 20);
    if (connection.orElse(USUAL_CONNECTION_WINDOW) < stream.orElse(USUAL_STREAM_WINDOW)) {
      http2.fault("connectionWindow", "must not be smaller than streamWindow");
    }
    return new Http(
        http2.integer("maxConcurrentStreams", 1, 1_000_000),
        stream,
        connection,
        http2.integer("maxResets", 1, 1_000_000),
        http2.integer("maxIdleFrames", 10, 1_000_000),
        headKib);
  }

  private static Optional<Integer> window(Fields http2, String key, int most) {
    var size = http2.size(key);
    if (size.isPresent() && (size.get() < 64 << 10 || size.get() > most)) {
      http2.fault(key, "must be 64KiB to " + (most >> 20) + "MiB");
      return Optional.empty();
    }
    return size.map(Long::intValue);
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
