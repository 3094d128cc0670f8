package io.fairlead.config;

import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Manifest.Metadata;
import java.util.List;

/** Reads the spec of a TCPRoute or TLSRoute (Gateway API v1alpha2). Stateless. */
final class StreamRouteReader {
  private StreamRouteReader() {}

  static Manifest tcp(Metadata metadata, Fields spec) {
    return read(metadata, spec, StreamRoute.Form.TCP, List.of());
  }

  static Manifest tls(Metadata metadata, Fields spec) {
    return read(metadata, spec, StreamRoute.Form.TLS, ManifestReader.distinct(spec, "hostnames"));
  }

  private static Manifest read(
      Metadata metadata, Fields spec, StreamRoute.Form form, List<String> hostnames) {
    var parents = spec.objects("parentRefs", field -> parent(field, List.of("Gateway")));
    if (parents.isEmpty() && !spec.has("parentRefs")) {
      spec.require("parentRefs");
    }
    var rules =
        spec.objects(
            "rules",
            rule -> {
              rule.ignore("name");
              return rule.objects("backendRefs", HttpRouteReader::backend);
            });
    if (!spec.has("rules")) {
      spec.require("rules");
    } else if (rules.size() != 1) {
      spec.fault("rules", "must be one rule, which takes every connection; are " + rules.size());
    }
    var backends = rules.isEmpty() ? List.<HttpRoute.Backend>of() : rules.getFirst();
    if (rules.size() == 1 && backends.stream().mapToInt(HttpRoute.Backend::weight).sum() == 0) {
      spec.fault("rules", "must have backendRefs with weights whose sum is above 0");
    }
    return new StreamRoute(metadata, form, parents, hostnames, backends);
  }

  /** A reference that may name one listener of a gateway. */
  static HttpRoute.Parent parent(Fields field, List<String> kinds) {
    field.ignore("port");
    var section = field.text("sectionName");
    return new HttpRoute.Parent(ManifestReader.ref(field, kinds, kinds.getFirst()), section);
  }
}
