package io.fairlead.config;

import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Manifest.HttpRoute.Backend;
import io.fairlead.config.Manifest.HttpRoute.PathForm;
import io.fairlead.config.Manifest.HttpRoute.RouteMatch;
import io.fairlead.config.Manifest.HttpRoute.Rule;
import io.fairlead.config.Manifest.Metadata;
import io.fairlead.config.Manifest.RouteFilter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Reads the spec of an HTTPRoute (Gateway API v1). Stateless. */
final class HttpRouteReader {
  private static final RouteMatch EVERYTHING =
      new RouteMatch(PathForm.PREFIX, "/", List.of(), List.of(), List.of(), Optional.empty());

  private HttpRouteReader() {}

  static Manifest read(Metadata metadata, Fields spec) {
    return read(metadata, spec, HttpRoute.Form.HTTP, HttpRouteReader::rule);
  }

  /** Reads what HTTPRoute and GRPCRoute have in common. */
  static Manifest read(
      Metadata metadata, Fields spec, HttpRoute.Form form, Function<Fields, Rule> rule) {
    var parents =
        spec.objects(
            "parentRefs",
            field -> {
              field.ignore("port");
              var section = field.text("sectionName");
              var ref = ManifestReader.ref(field, List.of("Gateway", "Service"), "Gateway");
              return new HttpRoute.Parent(ref, section);
            });
    if (parents.isEmpty() && !spec.has("parentRefs")) {
      spec.require("parentRefs");
    }
    var hostnames = ManifestReader.distinct(spec, "hostnames");
    var rules = spec.objects("rules", rule);
    if (rules.isEmpty() && !spec.has("rules")) {
      spec.require("rules");
    }
    return new HttpRoute(metadata, form, parents, hostnames, rules);
  }

  private static Rule rule(Fields field) {
    field.ignore("name");
    var matches = field.objects("matches", RouteMatchReader::match);
    if (matches.isEmpty() && !field.has("matches")) {
      matches = List.of(EVERYTHING);
    }
    var filters = RouteFilterReader.filters(field, HttpRoute.Form.HTTP);
    var backends = backends(field);
    boolean redirects = filters.stream().anyMatch(RouteFilter.Redirect.class::isInstance);
    checkRewrites(field, matches, filters);
    if (redirects && !backends.isEmpty()) {
      field.fault("backendRefs", "must be absent beside a RequestRedirect");
    }
    if (!redirects && backends.isEmpty() && !field.has("backendRefs")) {
      field.require("backendRefs");
    }
    if (redirects && filters.stream().anyMatch(RouteFilter.Mirror.class::isInstance)) {
      field.fault("filters", "must have no RequestMirror beside a RequestRedirect");
    }
    var timeouts = field.object("timeouts", HttpRouteReader::timeouts);
    return new Rule(
        matches,
        filters,
        backends,
        timeouts.flatMap(Timeouts::request),
        timeouts.flatMap(Timeouts::backend),
        field.object("retry", HttpRouteReader::retry),
        field.position());
  }

  private record Timeouts(Optional<Duration> request, Optional<Duration> backend) {}

  /** Zero switches a timeout off. An attempt cannot be given more time than the whole. */
  private static Timeouts timeouts(Fields field) {
    var request = field.duration("request");
    var backend = field.duration("backendRequest");
    boolean bounded = request.isPresent() && !request.get().isZero();
    if (bounded && backend.isPresent() && backend.get().compareTo(request.get()) > 0) {
      field.fault("backendRequest", "must not be above request");
    }
    return new Timeouts(request, backend.filter(time -> !time.isZero()));
  }

  private static HttpRoute.RouteRetry retry(Fields field) {
    var codes = new ArrayList<Integer>();
    for (var code : field.texts("codes")) {
      if (code.matches("[45]\\d\\d")) {
        codes.add(Integer.parseInt(code));
      } else {
        field.fault("codes", "must be statuses of 400 to 599, was " + code);
      }
    }
    return new HttpRoute.RouteRetry(
        codes, field.integer("attempts", 0, 100), field.duration("backoff"));
  }

  /** Of a path that a pattern matched, no prefix is known that could be replaced. */
  private static void checkRewrites(
      Fields field, List<RouteMatch> matches, List<RouteFilter> filters) {
    boolean patterns =
        matches.stream()
            .anyMatch(
                match ->
                    match.pathForm() == PathForm.REGULAR_EXPRESSION
                        || match.pathForm() == PathForm.TEMPLATE);
    boolean replaces =
        filters.stream()
            .map(RouteFilter::path)
            .flatMap(Optional::stream)
            .anyMatch(change -> change.form() == RouteFilter.PathChange.Form.PREFIX);
    if (patterns && replaces) {
      field.fault("filters", "must have ReplacePrefixMatch only for paths of type PathPrefix");
    }
  }

  /** The services of a rule with their shares. */
  static List<Backend> backends(Fields rule) {
    var backends = rule.objects("backendRefs", HttpRouteReader::backend);
    if (!backends.isEmpty() && backends.stream().mapToInt(Backend::weight).sum() == 0) {
      rule.fault("backendRefs", "must have weights whose sum is above 0");
    }
    return backends;
  }

  static Backend backend(Fields field) {
    field.ignore("port");
    int weight = field.integer("weight", 0, 1_000_000).orElse(1);
    return new Backend(ManifestReader.ref(field, List.of("Service"), "Service"), weight);
  }
}
