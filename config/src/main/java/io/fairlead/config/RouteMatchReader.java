package io.fairlead.config;

import io.fairlead.config.Manifest.HttpRoute.PathForm;
import io.fairlead.config.Manifest.HttpRoute.RouteMatch;
import io.fairlead.config.Manifest.HttpRoute.Sense;
import io.fairlead.config.Manifest.HttpRoute.ValueForm;
import io.fairlead.config.Manifest.HttpRoute.ValueMatch;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads the matches of an HTTPRoute (Gateway API v1). The API leaves further types to whoever
 * implements it: of a path {@code URITemplate}, of values those that {@link ValueForm} has, and
 * {@code Absent}. Stateless.
 */
final class RouteMatchReader {
  private static final List<String> METHODS =
      List.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");
  private static final List<String> PATHS =
      List.of("PathPrefix", "Exact", "RegularExpression", "URITemplate");
  private static final List<String> VALUES =
      List.of("Exact", "Prefix", "Suffix", "Contains", "RegularExpression", "Present", "Absent");

  private RouteMatchReader() {}

  static RouteMatch match(Fields field) {
    record Path(PathForm form, String value) {}
    var path =
        field.object(
            "path",
            at -> {
              var form = pathForm(at);
              return new Path(form, path(at, form));
            });
    return new RouteMatch(
        path.map(Path::form).orElse(PathForm.PREFIX),
        path.map(Path::value).orElse("/"),
        methods(field),
        headers(field),
        firsts(field.objects("queryParams", RouteMatchReader::value), ValueMatch::name),
        Optional.empty());
  }

  private static PathForm pathForm(Fields at) {
    return switch (at.choice("type", PATHS).orElse("PathPrefix")) {
      case "Exact" -> PathForm.EXACT;
      case "RegularExpression" -> PathForm.REGULAR_EXPRESSION;
      case "URITemplate" -> PathForm.TEMPLATE;
      default -> PathForm.PREFIX;
    };
  }

  private static String path(Fields at, PathForm form) {
    var value =
        switch (form) {
          case EXACT, PREFIX -> at.text("value");
          case REGULAR_EXPRESSION ->
              at.scalar("value", "a regular expression", RouteMatchReader::regex);
          case TEMPLATE ->
              at.scalar("value", "a template", text -> PathTemplate.parse(text).text());
        };
    if (form != PathForm.REGULAR_EXPRESSION && !value.orElse("/").startsWith("/")) {
      at.fault("value", "must begin with /");
    }
    return value.orElse("/");
  }

  static String regex(String text) {
    RegexText.parse(text);
    return text;
  }

  /** The API has one method to a match; several spare the user a match for each. */
  private static List<String> methods(Fields field) {
    var methods = new ArrayList<String>();
    field.choice("method", METHODS).ifPresent(methods::add);
    for (var method : ManifestReader.distinct(field, "methods")) {
      if (METHODS.contains(method)) {
        methods.add(method);
      } else {
        field.fault("methods", "must be of " + String.join(", ", METHODS) + ", was " + method);
      }
    }
    if (field.has("method") && field.has("methods")) {
      field.fault("methods", "must be absent beside method");
    }
    return methods;
  }

  /** The headers of a match, whose names have no case. */
  static List<ValueMatch> headers(Fields field) {
    return firsts(
        field.objects("headers", RouteMatchReader::value),
        match -> match.name().toLowerCase(Locale.ROOT));
  }

  /** The API has those ignored that name again what another before them names. */
  private static List<ValueMatch> firsts(
      List<ValueMatch> matches, Function<ValueMatch, String> name) {
    var named = new HashSet<String>();
    return matches.stream().filter(match -> named.add(name.apply(match))).toList();
  }

  static ValueMatch value(Fields field) {
    var type = field.choice("type", VALUES).orElse("Exact");
    var name = fieldName(field);
    boolean inverted = field.choice("invert", List.of("true", "false")).equals(Optional.of("true"));
    if (type.equals("Present") || type.equals("Absent")) {
      if (field.text("value").isPresent()) {
        field.fault("value", "must be absent for type " + type);
      }
      var sense = type.equals("Absent") != inverted ? Sense.DIFFERS : Sense.MATCHES;
      return new ValueMatch(name, ValueForm.PRESENT, "", sense);
    }
    var form =
        switch (type) {
          case "Prefix" -> ValueForm.PREFIX;
          case "Suffix" -> ValueForm.SUFFIX;
          case "Contains" -> ValueForm.CONTAINS;
          case "RegularExpression" -> ValueForm.REGULAR_EXPRESSION;
          default -> ValueForm.EXACT;
        };
    var value =
        form == ValueForm.REGULAR_EXPRESSION && field.has("value")
            ? field.scalar("value", "a regular expression", RouteMatchReader::regex).orElse("?")
            : field.requireText("value");
    return new ValueMatch(name, form, value, inverted ? Sense.DIFFERS : Sense.MATCHES);
  }

  /** The name of a header or a query parameter. */
  static String fieldName(Fields field) {
    var name = field.requireText("name");
    if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}") && !name.equals("?")) {
      field.fault("name", "must be a token (RFC 9110 section 5.6.2)");
    }
    return name;
  }
}
