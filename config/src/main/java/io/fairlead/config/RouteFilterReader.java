package io.fairlead.config;

import io.fairlead.config.Manifest.HttpRoute.Header;
import io.fairlead.config.Manifest.RouteFilter;
import java.util.List;
import java.util.Optional;

/** Reads the filters of an HTTPRoute (Gateway API v1). Stateless. */
final class RouteFilterReader {
  private RouteFilterReader() {}

  static Optional<RouteFilter> filter(Fields field) {
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
                      .requireObject("requestHeaderModifier", RouteFilterReader::headers)
                      .map(RouteFilter.RequestHeaders::new);
              case "ResponseHeaderModifier" ->
                  field
                      .requireObject("responseHeaderModifier", RouteFilterReader::headers)
                      .map(RouteFilter.ResponseHeaders::new);
              case "RequestRedirect" ->
                  field.requireObject("requestRedirect", RouteFilterReader::redirect);
              default ->
                  field.requireObject(
                      "urlRewrite",
                      at -> new RouteFilter.Rewrite(at.text("hostname"), pathChange(at)));
            });
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
