package io.fairlead.proxy.route;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.match.OctetMatch;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.StringMatch;
import java.net.URLDecoder;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The conditions of a {@link Route}, compiled. Immutable. */
final class RouteMatch {
  private final String text;
  private final byte[] path;
  private final boolean prefix;
  private final byte[] method;
  private final HeaderCondition[] headers;
  private final List<Route.ValueMatch> query;

  private record HeaderCondition(byte[] name, OctetMatch value) {}

  RouteMatch(Route.Match match) {
    switch (match.path()) {
      case Route.PathMatch.Exact(var exact) -> {
        text = exact;
        prefix = false;
      }
      case Route.PathMatch.Prefix(var start) -> {
        // "/" itself matches all, so nothing is left of it that would have to match.
        text = start.equals("/") ? "" : start;
        prefix = true;
      }
    }
    path = octets(text);
    method = match.method().orElse("").getBytes(ISO_8859_1);
    headers =
        match.headers().stream()
            .map(header -> new HeaderCondition(name(header), OctetMatch.of(header.value())))
            .toArray(HeaderCondition[]::new);
    query = match.query();
  }

  private static byte[] name(Route.ValueMatch header) {
    return header.name().toLowerCase(Locale.ROOT).getBytes(ISO_8859_1);
  }

  static byte[] octets(String path) {
    return path.getBytes(UTF_8);
  }

  /** The path that a request's must equal or begin with; empty for the prefix that is "/". */
  String path() {
    return text;
  }

  /** Octets of the path that the match has used up; a rewrite puts others in their place. */
  int matchedLength() {
    return path.length;
  }

  boolean matches(Head head) {
    return matchesPath(head.path(), head.pathFrom(), head.pathTo())
        && (method.length == 0 || head.methodIs(method))
        && matchesHeaders(head)
        && (query.isEmpty() || matchesQuery(head.queryText()));
  }

  private boolean matchesPath(byte[] octets, int from, int to) {
    int end = from + path.length;
    if (to < end || !Arrays.equals(octets, from, end, path, 0, path.length)) {
      return false;
    }
    // Whole segments: /a matches /a and /a/b but not /ab.
    return to == end || prefix && octets[end] == '/';
  }

  private boolean matchesHeaders(Head head) {
    for (HeaderCondition condition : headers) {
      if (!matches(head, condition)) {
        return false;
      }
    }
    return true;
  }

  private static boolean matches(Head head, HeaderCondition condition) {
    byte[] name = condition.name;
    for (int i = head.find(name, 0); i >= 0; i = head.find(name, i + 1)) {
      if (condition.value.matches(head.octets(), head.valueFrom(i), head.valueTo(i))) {
        return true;
      }
    }
    return false;
  }

  private boolean matchesQuery(String text) {
    String[] parameters = text.isEmpty() ? new String[0] : text.substring(1).split("&", -1);
    for (Route.ValueMatch condition : query) {
      if (Arrays.stream(parameters).noneMatch(parameter -> matches(parameter, condition))) {
        return false;
      }
    }
    return true;
  }

  private static boolean matches(String parameter, Route.ValueMatch condition) {
    int equals = parameter.indexOf('=');
    String name = equals < 0 ? parameter : parameter.substring(0, equals);
    String value = equals < 0 ? "" : parameter.substring(equals + 1);
    if (!decode(name).equals(condition.name())) {
      return false;
    }
    // A parameter without a value is there nevertheless.
    return condition.value() instanceof StringMatch.Present
        || condition.value().matches(decode(value));
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }
}
