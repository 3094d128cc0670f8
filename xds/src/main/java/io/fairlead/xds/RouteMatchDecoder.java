package io.fairlead.xds;

import io.fairlead.traffic.Route;
import io.fairlead.traffic.Route.PathMatch;
import io.fairlead.traffic.Route.ValueMatch;
import io.fairlead.traffic.Route.ValueMatch.Sense;
import io.fairlead.traffic.StringMatch;
import java.util.ArrayList;
import java.util.List;

/** envoy.config.route.v3.RouteMatch. Stateless. */
final class RouteMatchDecoder {
  private RouteMatchDecoder() {}

  /** RouteMatch: headers 6, query_parameters 7, and a path. */
  static Route.Match match(ProtoMessage m) {
    List<String> methods = List.of();
    var headers = new ArrayList<ValueMatch>();
    for (var header : m.messages(6)) {
      if (header.text(1).equals(":method")) {
        methods = methods(header);
      } else {
        headers.add(header(header));
      }
    }
    var query = m.messages(7).stream().map(RouteMatchDecoder::parameter).toList();
    return new Route.Match(path(m), methods, headers, query);
  }

  /**
   * RouteMatch: prefix 1, path 2, safe_regex 10 (regex 2), path_separated_prefix 14,
   * path_match_policy 15 (typed_config 2). UriTemplateMatchConfig: path_template 1.
   */
  private static PathMatch path(ProtoMessage m) {
    if (m.has(2)) {
      return new PathMatch.Exact(m.text(2));
    }
    if (m.has(14)) {
      return new PathMatch.Prefix(m.text(14));
    }
    if (m.has(10)) {
      return new PathMatch.Regex(m.message(10).text(2));
    }
    if (m.has(15)) {
      return new PathMatch.Template(m.message(15).any(2, TypeUrls.URI_TEMPLATE).text(1));
    }
    if (m.text(1).equals("/")) {
      return new PathMatch.Prefix("/");
    }
    throw new DecodeException(
        "match: only path, path_separated_prefix, safe_regex, a URI template and prefix / are"
            + " known");
  }

  private static List<String> methods(ProtoMessage header) {
    var condition = header(header);
    if (condition.sense() == Sense.MATCHES) {
      if (condition.value() instanceof StringMatch.Exact(var name)) {
        return List.of(name);
      }
      if (condition.value() instanceof StringMatch.Regex(var names)) {
        return List.of(names.split("\\|", -1));
      }
    }
    throw new DecodeException("match: :method must be exact, or exact names with | between");
  }

  /**
   * HeaderMatcher: name 1, present_match 7, invert_match 8, string_match 13; the older forms of
   * string_match are not known.
   */
  static ValueMatch header(ProtoMessage m) {
    var sense = m.flag(8) ? Sense.DIFFERS : Sense.MATCHES;
    if (m.has(7)) {
      boolean present = m.flag(7) != m.flag(8);
      return new ValueMatch(
          m.text(1), new StringMatch.Present(), present ? Sense.MATCHES : Sense.DIFFERS);
    }
    if (!m.has(13)) {
      throw new DecodeException(
          "header '" + m.text(1) + "': only string_match and present_match are supported");
    }
    return new ValueMatch(m.text(1), Decoder.stringMatch(m.message(13)), sense);
  }

  /**
   * QueryParameterMatcher: name 1, string_match 5, present_match 6. StringMatcher: custom 8
   * (typed_config 2).
   */
  private static ValueMatch parameter(ProtoMessage m) {
    if (m.has(6)) {
      return new ValueMatch(m.text(1), new StringMatch.Present());
    }
    var matcher = m.message(5);
    if (!matcher.has(8)) {
      return new ValueMatch(m.text(1), Decoder.stringMatch(matcher));
    }
    var value =
        matcher
            .message(8)
            .any(2, TypeUrls.NOT_MATCHER)
            .optional(1)
            .map(Decoder::stringMatch)
            .orElseGet(StringMatch.Present::new);
    return new ValueMatch(m.text(1), value, Sense.DIFFERS);
  }
}
