package io.fairlead.config;

import io.fairlead.config.HealthCheckPolicy.GrpcProbe;
import io.fairlead.config.HealthCheckPolicy.HttpProbe;
import io.fairlead.config.HealthCheckPolicy.Statuses;
import io.fairlead.config.Manifest.Metadata;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Reads the spec of a HealthCheckPolicy. Stateless. */
final class HealthCheckReader {
  private HealthCheckReader() {}

  static Manifest read(Metadata metadata, Fields spec) {
    var targets = ManifestReader.targets(spec, List.of("Service"));
    if (Stream.of("http", "grpc", "tcp").filter(spec::has).count() != 1) {
      spec.fault("http", "or grpc or tcp must stand there, and only one of them");
    }
    var http = spec.object("http", HealthCheckReader::http);
    var grpc =
        spec.object(
            "grpc", fields -> new GrpcProbe(name(fields, "authority"), name(fields, "service")));
    spec.object("tcp", fields -> fields);
    return new HealthCheckPolicy(
        metadata,
        targets,
        http,
        grpc,
        time(spec, "interval", Duration.ofSeconds(5)),
        time(spec, "timeout", Duration.ofSeconds(1)),
        spec.integer("intervalJitterPercent", 0, 100).orElse(10),
        spec.integer("unhealthyThreshold", 1, 1000).orElse(3),
        spec.integer("healthyThreshold", 1, 1000).orElse(2));
  }

  private static Duration time(Fields f, String key, Duration otherwise) {
    var time = f.duration(key);
    if (time.isPresent()
        && (time.get().isZero() || time.get().compareTo(Duration.ofHours(1)) > 0)) {
      f.fault(key, "must be 1ms to 1h");
    }
    return time.orElse(otherwise);
  }

  private static String name(Fields f, String key) {
    var name = f.text(key).orElse("");
    if (!name.matches("[!-~]{0,255}")) {
      f.fault(key, "must be visible ASCII, at most 255 characters");
    }
    return name;
  }

  private static HttpProbe http(Fields f) {
    var host = name(f, "host");
    var path = f.text("path").orElse("/");
    if (!path.matches("/[!-~]{0,1023}")) {
      f.fault("path", "must begin with / and be visible ASCII, at most 1024 characters");
    }
    var expected = new ArrayList<Statuses>();
    for (var text : f.texts("expectedStatuses")) {
      var range = text.split("-", 2);
      boolean valid = text.matches("[1-5]\\d\\d(-[1-5]\\d\\d)?");
      if (valid && range[0].compareTo(range[range.length - 1]) <= 0) {
        expected.add(
            new Statuses(Integer.parseInt(range[0]), Integer.parseInt(range[range.length - 1])));
      } else {
        f.fault(
            "expectedStatuses", "must hold only statuses such as 200 or 200-299, holds " + text);
      }
    }
    if (expected.isEmpty()) {
      expected.add(new Statuses(200, 200));
    }
    return new HttpProbe(host, path, List.copyOf(expected));
  }
}
