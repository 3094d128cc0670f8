package io.fairlead.config;

import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Manifest.HttpRoute.Header;
import io.fairlead.config.Manifest.RouteFilter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads the filters of HTTPRoute and GRPCRoute (Gateway API v1). Stateless. */
final class RouteFilterReader {
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}");
  private static final Pattern ORIGIN =
      Pattern.compile("\\*|[a-z][a-z0-9+.-]{0,31}://(\\*\\.)?[A-Za-z0-9._-]{1,253}(:\\d{1,5})?");

  /** Those of an HTTPRoute, which are all. */
  private static final List<String> HTTP =
      List.of(
          "RequestHeaderModifier",
          "ResponseHeaderModifier",
          "RequestRedirect",
          "URLRewrite",
          "RequestMirror",
          "CORS");

  private static final List<String> GRPC =
      List.of("RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror");

  private RouteFilterReader() {}

  /** The filters of a rule. */
  static List<RouteFilter> filters(Fields rule, HttpRoute.Form form) {
    var types =
        switch (form) {
          case HTTP -> HTTP;
          case GRPC -> GRPC;
        };
    return rule.objects("filters", field -> filter(field, types)).stream()
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<RouteFilter> filter(Fields field, List<String> types) {
    var type = field.choice("type", types);
    if (!field.has("type")) {
      field.require("type");
    }
    return type.flatMap(
        name ->
            switch (name) {
              case "RequestHeaderModifier" ->
                  field
                      .requireObject("requestHeaderModifier", RouteFilterReader::headers)
                      .map(RouteFilter.RequestHeaders::new);
              case "ResponseHeaderModifier" ->
                  field
                      .requireObject("responseHeaderModifier", RouteFilterReader::headers)
                      .map(RouteFilter.ResponseHeaders::new);
              case "RequestRedirect" ->
                  field.requireObject("requestRedirect", RouteFilterReader::redirect);
              case "RequestMirror" ->
                  field.requireObject("requestMirror", RouteFilterReader::mirror);
              case "CORS" -> field.requireObject("cors", RouteFilterReader::cors);
              default ->
                  field.requireObject(
                      "urlRewrite",
                      at -> new RouteFilter.Rewrite(at.text("hostname"), pathChange(at)));
            });
  }

  /** The share is a percentage or a fraction, and all of them where neither is there. */
  private static RouteFilter mirror(Fields field) {
    var percent = field.number("percent", 0, 100);
    var fraction =
        field.object(
            "fraction",
            at -> {
              int of = at.integer("denominator", 1, 1_000_000).orElse(100);
              return 100.0 * at.integer("numerator", 0, of).orElse(0) / of;
            });
    if (percent.isPresent() && fraction.isPresent()) {
      field.fault("fraction", "must be absent beside percent");
    }
    if (!field.has("backendRef")) {
      field.require("backendRef");
    }
    var backend =
        field.object(
            "backendRef",
            at -> {
              at.ignore("port");
              return ManifestReader.ref(at, List.of("Service"), "Service");
            });
    var missing = new Manifest.Ref("Service", "?", field.path(), field.position());
    return new RouteFilter.Mirror(
        backend.orElse(missing), percent.or(() -> fraction).orElse(100.0));
  }

  private static RouteFilter cors(Fields field) {
    var origins = field.texts("allowOrigins");
    for (var origin : origins) {
      if (!ORIGIN.matcher(origin).matches()) {
        field.fault("allowOrigins", "must be *, scheme://host or scheme://*.suffix, was " + origin);
      }
    }
    return new RouteFilter.Cors(
        origins,
        tokens(field, "allowMethods"),
        tokens(field, "allowHeaders"),
        tokens(field, "exposeHeaders"),
        field.choice("allowCredentials", List.of("true", "false")).equals(Optional.of("true")),
        Duration.ofSeconds(field.integer("maxAge", 1, 100_000_000).orElse(5)));
  }

  private static List<String> tokens(Fields field, String key) {
    var tokens = field.texts(key);
    for (var token : tokens) {
      if (!TOKEN.matcher(token).matches()) {
        field.fault(key, "must be * or tokens (RFC 9110 section 5.6.2), was " + token);
      }
    }
    return tokens;
  }

  private static RouteFilter.Headers headers(Fields field) {
    return new RouteFilter.Headers(
        field.objects("set", RouteFilterReader::header),
        field.objects("add", RouteFilterReader::header),
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

  private static Header header(Fields field) {
    return new Header(RouteMatchReader.fieldName(field), field.requireText("value"));
  }
}
