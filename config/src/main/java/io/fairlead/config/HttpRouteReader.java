package io.fairlead.config;

import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Manifest.HttpRoute.Backend;
import io.fairlead.config.Manifest.HttpRoute.Header;
import io.fairlead.config.Manifest.HttpRoute.PathForm;
import io.fairlead.config.Manifest.HttpRoute.RouteMatch;
import io.fairlead.config.Manifest.HttpRoute.Rule;
import io.fairlead.config.Manifest.Metadata;
import io.fairlead.config.Manifest.RouteFilter;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the spec of an HTTPRoute (Gateway API v1). Stateless. */
final class HttpRouteReader {
  private static final List<String> METHODS =
      List.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");

  private HttpRouteReader() {}

  static Manifest read(Metadata metadata, Fields spec) {
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
    var rules = spec.objects("rules", HttpRouteReader::rule);
    if (rules.isEmpty() && !spec.has("rules")) {
      spec.require("rules");
    }
    return new HttpRoute(metadata, parents, hostnames, rules);
  }

  private static Rule rule(Fields field) {
    field.ignore("name");
    var matches = field.objects("matches", HttpRouteReader::match);
    if (matches.isEmpty() && !field.has("matches")) {
      matches =
          List.of(new RouteMatch(PathForm.PREFIX, "/", Optional.empty(), List.of(), List.of()));
    }
    var filters =
        field.objects("filters", HttpRouteReader::filter).stream()
            .flatMap(Optional::stream)
            .toList();
    var backends = field.objects("backendRefs", HttpRouteReader::backend);
    boolean redirects = filters.stream().anyMatch(RouteFilter.Redirect.class::isInstance);
    if (redirects && !backends.isEmpty()) {
      field.fault("backendRefs", "must be absent beside a RequestRedirect");
    }
    if (!redirects && backends.isEmpty() && !field.has("backendRefs")) {
      field.require("backendRefs");
    }
    if (!backends.isEmpty() && backends.stream().mapToInt(Backend::weight).sum() == 0) {
      field.fault("backendRefs", "must have weights whose sum is above 0");
    }
    var timeout =
        field.object(
            "timeouts",
            timeouts -> {
              timeouts.ignore("backendRequest");
              return timeouts.duration("request");
            });
    return new Rule(
        matches, filters, backends, timeout.flatMap(request -> request), field.position());
  }

  private static RouteMatch match(Fields field) {
    var path =
        field.object(
            "path",
            at -> {
              var form = at.choice("type", List.of("PathPrefix", "Exact")).orElse("PathPrefix");
              var value = at.text("value").orElse("/");
              if (!value.startsWith("/")) {
                at.fault("value", "must begin with /");
              }
              return Map.entry(form.equals("Exact") ? PathForm.EXACT : PathForm.PREFIX, value);
            });
    return new RouteMatch(
        path.map(Map.Entry::getKey).orElse(PathForm.PREFIX),
        path.map(Map.Entry::getValue).orElse("/"),
        field.choice("method", METHODS),
        field.objects("headers", HttpRouteReader::header),
        field.objects("queryParams", HttpRouteReader::header));
  }

  private static Header header(Fields field) {
    field.choice("type", List.of("Exact"));
    var name = field.requireText("name");
    if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}") && !name.equals("?")) {
      field.fault("name", "must be a token (RFC 9110 section 5.6.2)");
    }
    return new Header(name, field.requireText("value"));
  }

  static Backend backend(Fields field) {
    field.ignore("port");
    int weight = field.integer("weight", 0, 1_000_000).orElse(1);
    return new Backend(ManifestReader.ref(field, List.of("Service"), "Service"), weight);
  }

  private static Optional<RouteFilter> filter(Fields field) {
    var types =
        List.of("RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite");
    var type = field.choice("type", types);
    if (!field.has("type")) {
      field.require("type");
    }
    return type.flatMap(
        name ->
            switch (name) {
              case "RequestHeaderModifier" ->
                  field
                      .requireObject("requestHeaderModifier", HttpRouteReader::headers)
                      .map(RouteFilter.RequestHeaders::new);
              case "ResponseHeaderModifier" ->
                  field
                      .requireObject("responseHeaderModifier", HttpRouteReader::headers)
                      .map(RouteFilter.ResponseHeaders::new);
              case "RequestRedirect" ->
                  field.requireObject("requestRedirect", HttpRouteReader::redirect);
              default ->
                  field.requireObject(
                      "urlRewrite",
                      at -> new RouteFilter.Rewrite(at.text("hostname"), pathChange(at)));
            });
  }

  private static RouteFilter.Headers headers(Fields field) {
    return new RouteFilter.Headers(
        field.objects("set", HttpRouteReader::header),
        field.objects("add", HttpRouteReader::header),
        field.texts("remove"));
  }

  private static RouteFilter redirect(Fields field) {
    int status = field.integer("statusCode", 301, 308).orElse(302);
    if (status > 303 && status < 307) {
      field.fault("statusCode", "must be 301, 302, 303, 307 or 308");
    }
    return new RouteFilter.Redirect(
        field.choice("scheme", List.of("http", "https")),
        field.text("hostname"),
        field.integer("port", 1, 65_535),
        pathChange(field),
        status);
  }

  private static Optional<RouteFilter.PathChange> pathChange(Fields field) {
    return field.object(
        "path",
        at -> {
          var type =
              at.choice("type", List.of("ReplacePrefixMatch", "ReplaceFullPath"))
                  .orElse("ReplacePrefixMatch");
          var full = type.equals("ReplaceFullPath");
          var value = at.requireText(full ? "replaceFullPath" : "replacePrefixMatch");
          if (!value.startsWith("/")) {
            at.fault(full ? "replaceFullPath" : "replacePrefixMatch", "must begin with /");
          }
          return new RouteFilter.PathChange(
              full ? RouteFilter.PathChange.Form.FULL : RouteFilter.PathChange.Form.PREFIX, value);
        });
  }
}
