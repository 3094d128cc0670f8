package io.fairlead.config;

import io.fairlead.config.Manifest.RoutePolicy;
import io.fairlead.config.Manifest.RoutePolicy.Abort;
import io.fairlead.config.Manifest.RoutePolicy.Delay;
import io.fairlead.resilience.HedgeSettings;
import io.fairlead.resilience.Priority;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** Reads the spec of a RoutePolicy. Stateless. */
final class RoutePolicyReader {
  private static final List<String> PRIORITIES =
      Arrays.stream(Priority.values()).map(Priority::text).toList();

  private RoutePolicyReader() {}

  static Manifest read(Manifest.Metadata metadata, Fields spec) {
    var targets = ManifestReader.targets(spec, ManifestReader.ROUTES);
    if (spec.has("hedge") && targets.stream().anyMatch(t -> t.kind().equals("GRPCRoute"))) {
      spec.warn("hedge", "is for idempotent methods only; calls of gRPC are all POST");
    }
    return new RoutePolicy(
        metadata,
        targets,
        spec.object("fault", RoutePolicyReader::fault),
        spec.object("limits", RoutePolicyReader::limits),
        spec.object("hedge", RoutePolicyReader::hedge),
        spec.choice("priority", PRIORITIES).flatMap(Priority::of));
  }

  private static HedgeSettings hedge(Fields field) {
    var defaults = HedgeSettings.defaults();
    var delay = field.duration("delay").orElse(defaults.delay());
    if (delay.isZero()) {
      field.fault("delay", "must be above 0");
      return defaults;
    }
    return new HedgeSettings(delay, field.integer("maxHedges", 0, 10).orElse(defaults.maxHedges()));
  }

  private static RoutePolicy.Limits limits(Fields field) {
    var firstByte = field.duration("firstByte");
    if (firstByte.filter(Duration::isZero).isPresent()) {
      field.fault("firstByte", "must be above 0");
    }
    return new RoutePolicy.Limits(
        field.size("maxBody"), field.object("minBodyRate", RoutePolicyReader::bodyRate), firstByte);
  }

  private static RoutePolicy.BodyRate bodyRate(Fields field) {
    if (!field.has("bytesPerSecond")) {
      field.require("bytesPerSecond");
    }
    var window = field.duration("window").orElse(Duration.ofSeconds(5));
    if (window.compareTo(Duration.ofMillis(10)) < 0 || window.compareTo(Duration.ofHours(1)) > 0) {
      field.fault("window", "must be 10ms to 1h");
    }
    return new RoutePolicy.BodyRate(
        field.integer("bytesPerSecond", 1, 100_000_000).orElse(1), window);
  }

  private static RoutePolicy.Fault fault(Fields field) {
    if (!field.has("delay") && !field.has("abort")) {
      field.fault("delay", "or abort is required");
    }
    return new RoutePolicy.Fault(
        field.object("delay", RoutePolicyReader::delay),
        field.object("abort", RoutePolicyReader::abort),
        field.objects("headers", RouteMatchReader::value));
  }

  private static Delay delay(Fields field) {
    if (!field.has("fixedDelay")) {
      field.require("fixedDelay");
    }
    var fixed = field.duration("fixedDelay").orElse(Duration.ofSeconds(1));
    if (fixed.isZero() || fixed.compareTo(Duration.ofHours(1)) > 0) {
      field.fault("fixedDelay", "must be above 0 up to 1h");
    }
    return new Delay(fixed, field.number("percentage", 0, 100).orElse(100.0));
  }

  private static Abort abort(Fields field) {
    if (!field.has("httpStatus")) {
      field.require("httpStatus");
    }
    return new Abort(
        field.integer("httpStatus", 200, 599).orElse(503),
        field.number("percentage", 0, 100).orElse(100.0));
  }
}
